import { describe, expect, test } from "vitest";
import { ago, bounds, dayAgo, exact, full, length, nameOf, read } from "../src/model/times";

const NOW = Date.parse("2026-11-30T12:00:30.500Z");

describe("a range", () => {
  test("starts at a whole minute and ends now", () => {
    expect(bounds({ last: "1h" }, NOW)).toEqual({ since: "2026-11-30T11:00:00Z", until: "2026-11-30T12:00:30.500Z" });
  });
  test("has no beginning when it is all", () => expect(bounds({ all: true }, NOW)).toEqual({ until: "2026-11-30T12:00:30.500Z" }));
  test("is a day in a zone", () => {
    expect(dayAgo(1, "utc", NOW)).toEqual({ since: "2026-11-29T00:00:00Z", until: "2026-11-30T00:00:00Z" });
    const today = bounds(dayAgo(0, "local", NOW), NOW);
    expect(new Date(today.since ?? 0).getHours() + new Date(today.until).getHours()).toBe(0);
  });
  test("keeps the times that it names", () => {
    const range = { since: "2026-11-01T00:00:00Z", until: "2026-11-02T00:00:00Z" };
    expect(bounds(range, NOW)).toEqual(range);
  });
  test("has a name", () => expect(nameOf({ since: "2026-11-01T00:00:00Z" }, "utc")).toBe("2026-11-01 00:00 – now"));
  test("knows its length", () => expect([length("15m"), length("90d"), length("0d"), length("x")]).toEqual([900_000, 7_776_000_000, undefined, undefined]));
});

describe("a time", () => {
  test("shows milliseconds", () => expect(full("2026-03-01T12:00:00.2507Z", "utc")).toBe("2026-03-01 12:00:00.250"));
  test("shows microseconds and its zone", () => expect(exact("2026-03-01T12:00:00.250001Z", "utc")).toBe("2026-03-01 12:00:00.250001 UTC"));
  test("is read as UTC", () => expect(read("2026-03-01 12:30", "utc", NOW)).toBe("2026-03-01T12:30:00Z"));
  test("is read with its offset", () => expect(read("2026-03-01T12:30:05+02:00", "utc", NOW)).toBe("2026-03-01T10:30:05Z"));
  test("is a whole day's first moment", () => expect(read("2026-03-01", "utc", NOW)).toBe("2026-03-01T00:00:00Z"));
  test.each([
    ["today", "2026-11-30T00:00:00Z"], ["Yesterday", "2026-11-29T00:00:00Z"], ["monday", "2026-11-30T00:00:00Z"],
    ["friday", "2026-11-27T00:00:00Z"], ["12h", "2026-11-30T00:00:30.500Z"], ["90s", "2026-11-30T11:59:00.500Z"], ["2w", "2026-11-16T12:00:30.500Z"],
  ])("is read from %s", (text, time) => expect(read(text, "utc", NOW)).toBe(time));
  test.each(["", "soon", "12", "0h", "2026-13-01"])("is not any text: %s", (text) => expect(read(text, "utc", NOW)).toBeUndefined());
  test("is some time ago", () => expect(ago("2026-11-30T11:57:00Z", NOW)).toBe("3 min ago"));
});
