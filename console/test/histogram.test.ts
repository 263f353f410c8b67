import { beforeEach, describe, expect, test, vi } from "vitest";
import { json, pages, pretendBrowser, pretendService, problem } from "./browser";

/** The bars of a log that refuses to count them by these fields. */
async function drawn(address: string, refused: readonly string[]) {
  pretendBrowser(address);
  pretendService((url, init) => {
    if (!url.pathname.endsWith(":histogram")) return pages(300)(url, init);
    if (refused.includes(url.searchParams.get("by") ?? "")) return problem(400, "Too broad");
    return json({ bars: [{ start: "2026-11-30T12:00:00Z", count: 3, parts: [{ value: "door.open", count: 3 }] }] });
  });
  const [{ histogram, follow }, rows, { question }] = [await import("../src/state/histogram"), await import("../src/state/rows"), await import("../src/state/view")];
  follow();
  await rows.ask(question.value, "desc");
  await vi.waitFor(() => expect(histogram.isAsking.value).toBe(false));
  return histogram;
}

beforeEach(() => void vi.resetModules());

describe("bars", () => {
  test("are by the field that was chosen", async () => {
    expect((await drawn("http://log.example.com/?stack=actor.name", [])).answer.value?.by).toBe("actor.name");
  });
  test("are by type, if other fields would need too much reading", async () => {
    expect((await drawn("http://log.example.com/?stack=actor.name", ["actor.name"])).answer.value).toMatchObject({ by: "type", names: ["door.open"] });
  });
  test("keep the colours of their values", async () => {
    let values = ["door.open", "door.close"];
    pretendBrowser();
    pretendService((url, init) => (url.pathname.endsWith(":histogram")
      ? json({ bars: values.map((value, at) => ({ start: "2026-11-30T12:00:00Z", count: 9 - at, parts: [{ value, count: 9 - at }] })) })
      : pages(300)(url, init)));
    const [{ colours, histogram, follow }, rows, { question }] = [await import("../src/state/histogram"), await import("../src/state/rows"), await import("../src/state/view")];
    follow();
    await rows.ask(question.value, "desc");
    await vi.waitFor(() => expect(colours.value).toEqual([0, 1]));
    values = ["door.close", "door.open"];
    await rows.ask({ ...question.value }, "desc");
    await vi.waitFor(() => expect(histogram.answer.value?.names).toEqual(values));
    expect(colours.value).toEqual([1, 0]);
  });
  test("are refused if types are too much as well", async () => {
    expect((await drawn("http://log.example.com/?stack=actor.name", ["actor.name", "type"])).trouble.value?.kind).toBe("refused");
  });
});
