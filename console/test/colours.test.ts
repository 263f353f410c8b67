import { describe, expect, test } from "vitest";
import { steadyColours } from "../src/model/colours";

const BEFORE = new Map([["create", 0], ["update", 1], ["crash", 2]]);

describe("the colours of values", () => {
  test("are given in order", () => expect(steadyColours(["create", "update"], new Map())).toEqual([0, 1]));
  test("stay when the order changes", () => expect(steadyColours(["crash", "create"], BEFORE)).toEqual([2, 0]));
  test("are free ones for new values", () => expect(steadyColours(["start", "create"], BEFORE)).toEqual([1, 0]));
  test("differ, where two values had the same", () => {
    expect(steadyColours(["crash", "stop"], new Map([...BEFORE, ["stop", 2]]))).toEqual([2, 0]);
  });
});
