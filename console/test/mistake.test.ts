import { beforeEach, describe, expect, test, vi } from "vitest";
import { json, pretendBrowser, pretendService } from "./browser";

/** The message about a filter, when the log reports a column in the filter and the times after it. */
async function said(filter: string, column: number, detail: string) {
  pretendBrowser(`http://log.example.com/?filter=${encodeURIComponent(filter)}`);
  pretendService(() => json({ title: "Invalid filter", detail: `filter column ${column}: ${detail}`, parameter: "filter", column }, 400));
  const [rows, { mistake }, { question }] = [await import("../src/state/rows"), await import("../src/state/mistake"), await import("../src/state/view")];
  await rows.ask(question.value, "desc");
  return mistake.value;
}

beforeEach(() => void vi.resetModules());

describe("a mistake in a filter", () => {
  test("has its column", async () => {
    expect(await said("a = 1 AND )", 11, "there must be a condition here, not ')'")).toEqual({ text: "Column 11: there must be a condition here, not ')'", column: 11 });
  });
  test("is its end, if the log reports the part that the page adds", async () => {
    expect(await said("type =", 8, "there must be a value here, not 'AND'; if you mean it as text, put it in quotes"))
      .toEqual({ text: "The filter ends too early: a value must follow", column: 6 });
  });
  test("is a missing condition", async () => {
    expect((await said("a = 1 AND NOT", 15, "there must be a condition here, not 'AND'; if you mean it as text, put it in quotes"))?.text)
      .toBe("The filter ends too early: a condition must follow");
  });
  test("is a parenthesis that is not closed", async () => {
    expect((await said("type = (a OR b", 28, "there must be a value here, not '<'; if you mean it as text, put it in quotes"))?.text)
      .toBe("The filter ends too early: a ')' must follow");
  });
  test("is in a column that counts an emoji as one character", async () => {
    expect((await said("😀😀 )", 4, "there is no '(' for this ')'"))?.column).toBe(4);
  });
});
