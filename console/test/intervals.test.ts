import { describe, expect, test } from "vitest";
import type { Histogram } from "../src/api/client";
import { after, chart, startOf, stepFor } from "../src/model/intervals";
import { DAY, HOUR } from "../src/model/times";

const START = Date.parse("2026-11-30T00:00:00Z");

function step(length: number) {
  return stepFor(START, START + length);
}

describe("the length of bars", () => {
  test.each([
    [HOUR, "minute"], [6 * HOUR, "5 minutes"], [24 * HOUR, "15 minutes"], [7 * DAY, "3 hours"],
    [30 * DAY, "6 hours"], [90 * DAY, "day"], [400 * DAY, "week"], [2000 * DAY, "month"], [9000 * 365 * DAY, "century"],
  ])("of %d milliseconds is a %s", (length, name) => expect(step(length).name).toBe(name));
});

describe("a bar", () => {
  test("of a week starts on Monday", () => {
    expect(startOf(step(400 * DAY), Date.parse("2026-12-02T12:00:00Z"))).toBe(Date.parse("2026-11-30T00:00:00Z"));
  });
  test("of a month ends with it", () => {
    expect(after(step(2000 * DAY), Date.parse("2026-02-01T00:00:00Z"))).toBe(Date.parse("2026-03-01T00:00:00Z"));
  });
  test("of a month may lie in the first centuries", () => {
    expect(startOf(step(2000 * DAY), Date.parse("0007-05-20T00:00:00Z"))).toBe(Date.parse("0007-05-01T00:00:00Z"));
  });
});

describe("bars of local hours", () => {
  const three = step(7 * DAY);
  test("start at local midnight", () => expect(startOf(three, START + HOUR, 2 * HOUR)).toBe(START - 2 * HOUR + 3 * HOUR));
  test("follow each other without a gap", () => {
    const { bars } = chart({ interval: "hour", bars: [] }, three, START, START + 7 * DAY, -5 * HOUR);
    expect(bars.slice(1).every((bar, at) => bar.start === bars[at]?.end)).toBe(true);
  });
});

describe("a chart", () => {
  const counted: Histogram = {
    interval: "minute",
    bars: [
      { start: "2026-11-30T00:01:00Z", count: 3, parts: [{ value: "a", count: 2 }, { value: "", count: 1 }] },
      { start: "2026-11-30T00:04:00Z", count: 9, parts: ["b", "c", "d", "e", "f", "g", "h", "i", "j"].map((value) => ({ value, count: 1 })) },
      { start: "2026-11-30T00:16:00Z", count: 4, parts: [{ value: "a", count: 4 }] },
    ],
  };
  const drawn = chart(counted, step(6 * HOUR), START, START + 20 * 60_000);
  test("merges the bars of the service", () => expect(drawn.bars.map((bar) => bar.count)).toEqual([12, 0, 0, 4]));
  test("names the largest six values", () => expect(drawn.names).toEqual(["a", "", "b", "c", "d", "e"]));
  test("puts the rest together", () => expect([drawn.hasRest, drawn.bars[0]?.parts]).toEqual([true, [2, 1, 1, 1, 1, 1, 5]]));
  test("has the total of all bars", () => expect([drawn.total, drawn.tallest]).toEqual([16, 12]));
});
