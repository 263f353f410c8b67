import { describe, expect, test } from "vitest";
import { apart, fix, within } from "../src/model/question";

const NOW = Date.parse("2026-11-30T12:00:30Z");

describe("a question", () => {
  test("has its window in its text", () => {
    expect(fix({ filter: "a = b OR c = d", time: { last: "1h" } }, NOW).text)
      .toBe("a = b OR c = d AND time >= 2026-11-30T11:00:00Z AND time < 2026-11-30T12:00:30Z");
  });
  test("about all events ends now", () => expect(fix({ filter: "", time: { all: true } }, NOW).text).toBe("time < 2026-11-30T12:00:30Z"));
  test("about all events ends later, if some are in the future", () => {
    expect(fix({ filter: "", time: { all: true } }, NOW, "2031-01-01T00:00:00.000001Z").text).toBe("time < 2031-01-01T00:00:00.000001Z");
  });
  test("about other times ends now all the same", () => expect(fix({ filter: "", time: { last: "1h" } }, NOW, "2031-01-01T00:00:00Z").until).toBe("2026-11-30T12:00:30Z"));
  test("can be asked without its condition on one field", () => {
    const one = fix({ filter: 'type = ("a" OR b) AND ada', time: { all: true } }, NOW);
    expect(apart(one, "type").text).toBe("ada AND time < 2026-11-30T12:00:30Z");
  });
  test("can be about a part of its window", () => {
    const all = fix({ filter: "ada", time: { all: true } }, NOW);
    expect(within(all, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z").text).toBe("ada AND time >= 2026-01-01T00:00:00Z AND time < 2026-01-02T00:00:00Z");
  });
});
