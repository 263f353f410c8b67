import { describe, expect, test } from "vitest";
import { coloursOf, rankOf } from "../src/model/severity";

describe("a severity", () => {
  test.each([["error", "danger"], ["CRITICAL", "danger"], ["warning", "warning"], ["info", "plain"], ["", "plain"]])("%s is %s", (severity, rank) => {
    expect(rankOf(severity)).toBe(rank);
  });
  test("has its own colour, and a bad one if it is bad", () => {
    expect(coloursOf(["info", "notice", "warning", "", "error", "critical"])).toEqual([0, 2, 1, 5, 4, 3]);
  });
});
