import { describe, expect, test } from "vitest";
import { clamp, farthest, height, isScaled, offsetAt, revealing, scrollTopAt, seen, TALLEST, type Extent } from "../src/model/scroll";

const SMALL: Extent = { rows: 1000, rowHeight: 28, viewport: 560 };
const HUGE: Extent = { rows: 1_000_000_000, rowHeight: 28, viewport: 571 };

describe("a list that fits its scroll bar", () => {
  test("is as high as its rows", () => expect([height(SMALL), isScaled(SMALL)]).toEqual([28_000, false]));
  test("is where its scroll bar is", () => expect([offsetAt(SMALL, 1234), scrollTopAt(SMALL, 1234)]).toEqual([1234, 1234]));
  test("sees rows in part", () => expect(seen(SMALL, 14)).toEqual([0, 21]));
  test("ends with its last row", () => expect(seen(SMALL, farthest(SMALL))).toEqual([980, 1000]));
});

describe("a list that is longer than any scroll bar", () => {
  test("is as high as a browser allows", () => expect([height(HUGE), isScaled(HUGE)]).toEqual([TALLEST, true]));
  test("begins at the top of its scroll bar", () => expect(seen(HUGE, offsetAt(HUGE, 0))[0]).toBe(0));
  test("ends at the bottom of its scroll bar", () => expect(seen(HUGE, offsetAt(HUGE, TALLEST - HUGE.viewport))[1]).toBe(HUGE.rows));
  test.each([0, 1, 28, 999_999_999, 14_000_000_000, farthest(HUGE)])("finds the place of offset %d again", (offset) => {
    expect(offsetAt(HUGE, scrollTopAt(HUGE, offset))).toBeCloseTo(offset, 3);
  });
});

describe("a row", () => {
  test("above is revealed at the top", () => expect(revealing(SMALL, 5600, 3)).toBe(84));
  test("below is revealed at the bottom", () => expect(revealing(SMALL, 0, 20)).toBe(28));
  test("that is visible moves nothing", () => expect(revealing(SMALL, 100, 10)).toBe(100));
  test("of an empty list is nowhere", () => expect(clamp({ ...SMALL, rows: 0 }, 100)).toBe(0));
});
