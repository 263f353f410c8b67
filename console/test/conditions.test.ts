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
  test("is removed again", async () => {
    const { only, filter, standingOf } = await opened('ada AND type = "x"');
    expect(standingOf("type", "x")).toBe("only");
    only("type", "x");
    expect(filter()).toBe("ada");
  });
  test("replaces its opposite", async () => {
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

describe("one of several", () => {
  test("adds a value to the one that is chosen", async () => {
    const { also, filter, standingOf } = await opened('type = app.crash AND ada');
    also("type", "a*b");
    expect(filter()).toBe('ada AND type = ("app.crash" OR "a\\*b")');
    expect([standingOf("type", "app.crash"), standingOf("type", "a*b"), standingOf("type", "x")]).toEqual(["only", "only", undefined]);
  });
  test("is a single condition at first", async () => {
    const { also, filter } = await opened("ada");
    also("type", "x");
    expect(filter()).toBe('ada AND type = "x"');
  });
  test("removes a value again", async () => {
    const { only, leaveOut, filter } = await opened('type = ("x" OR "y" OR z)');
    only("type", "x");
    expect(filter()).toBe('type = ("y" OR "z")');
    leaveOut("type", "z");
    expect(filter()).toBe('type = "y"');
    leaveOut("type", "y");
    expect(filter()).toBe('NOT type = "y"');
  });
  test("is not a condition that asks for something else as well", async () => {
    const { chosen } = await opened('type = "a.*" AND type = (x AND y) AND type = x OR status = y AND type != z AND actor.type = v');
    expect(chosen("type")).toEqual([]);
  });
});
