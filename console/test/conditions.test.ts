import { beforeEach, describe, expect, test, vi } from "vitest";
import { pretendBrowser } from "./browser";

async function opened(filter: string) {
  pretendBrowser(`http://log.example.com/?filter=${encodeURIComponent(filter)}`);
  const [conditions, { view }] = [await import("../src/state/conditions"), await import("../src/state/view")];
  return { ...conditions, filter: () => view.value.filter };
}

beforeEach(() => void vi.resetModules());

describe("only this", () => {
  test("is joined to the filter", async () => {
    const { only, filter } = await opened("ada");
    only("type", "a*b");
    expect(filter()).toBe('ada AND type = "a\\*b"');
  });
  test("is taken out again", async () => {
    const { only, filter, standingOf } = await opened('ada AND type = "x"');
    expect(standingOf("type", "x")).toBe("only");
    only("type", "x");
    expect(filter()).toBe("ada");
  });
  test("takes the place of its opposite", async () => {
    const { only, leaveOut, filter } = await opened("ada");
    leaveOut("type", "x");
    expect(filter()).toBe('ada AND NOT type = "x"');
    only("type", "x");
    expect(filter()).toBe('ada AND type = "x"');
  });
  test("asks for events without a value", async () => {
    const { only, filter } = await opened("");
    only("severity", "");
    expect(filter()).toBe('severity = ""');
  });
});
