import { describe, expect, test } from "vitest";
import { both, equals, has, not, path, quote, sought, terms, without } from "../src/model/filter";

describe("a filter", () => {
  test("quotes an asterisk as itself", () => expect(quote('a*"b\\')).toBe('"a\\*\\"b\\\\"'));
  test("quotes the steps of a path that need it", () => expect(path("data", "a.b", "c")).toBe('data."a.b".c'));
  test("joins two conditions", () => expect(both("a = b OR c = d", equals("type", "x"))).toBe('a = b OR c = d AND type = "x"'));
  test("is the condition alone if it was empty", () => expect(both(" ", "type = x")).toBe("type = x"));
  test("splits only at its top", () => {
    expect(terms('type = "a AND b" AND (x = 1 AND y = 2) AND z:*')).toEqual(['type = "a AND b"', "(x = 1 AND y = 2)", "z:*"]);
  });
  test("has a condition, with any spaces", () => expect(has('a = 1 AND  type  =  "x"', 'type = "x"')).toBe(true));
  test("has no condition that lies deeper", () => expect(has('(a = 1 AND type = "x")', 'type = "x"')).toBe(false));
  test("loses a condition that it has", () => expect(without('a = 1 AND type = "x" AND b = 2', 'type = "x"')).toBe("a = 1 AND b = 2"));
  test("stays as it is without the condition", () => expect(without("a  =  1", 'type = "x"')).toBe("a  =  1"));
  test("tells a condition from its opposite", () => expect(has(not('type = "x"'), 'type = "x"')).toBe(false));
});

describe("what a filter looks for", () => {
  test("is a text alone in any case", () => expect(sought('"out of memory"')).toEqual([{ pieces: ["out of memory"], anyCase: true }]));
  test("is the pieces between wildcards", () => {
    expect(sought('type = "audit.*.create"')).toEqual([{ field: "type", pieces: ["audit.", ".create"], anyCase: false }]);
  });
  test("is what a field contains", () => expect(sought('actor.name:"bo*t"')).toEqual([{ field: "actor.name", pieces: ["bo*t"], anyCase: true }]));
  test("is each of several", () => {
    expect(sought("severity = (warning OR error) AND ada")).toEqual([
      { field: "severity", pieces: ["warning"], anyCase: false },
      { field: "severity", pieces: ["error"], anyCase: false },
      { pieces: ["ada"], anyCase: true },
    ]);
  });
  test("is not what it excludes", () => expect(sought("NOT type = x AND -y AND a != b AND time < 2026")).toEqual([]));
});
