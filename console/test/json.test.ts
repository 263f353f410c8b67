import { describe, expect, test } from "vitest";
import { indented, parsed } from "../src/model/json";

function text(json: string): string {
  return indented(json).map((token) => token.text).join("");
}

describe("JSON", () => {
  test("is indented as usual", () => {
    const json = '{"a": [1, {"b": null}], "c": {}, "d": [], "e": "x, {y}"}';
    expect(text(json)).toBe(JSON.stringify(JSON.parse(json), null, 2));
  });
  test("keeps the digits of its numbers", () => expect(text('{"n":12345678901234567890.10}')).toContain("12345678901234567890.10"));
  test("makes texts of numbers that would lose digits", () => {
    expect(parsed('{"a":12345678901234567890,"b":1.0,"c":-2.5,"d":"1.0"}')).toEqual({ a: "12345678901234567890", b: "1.0", c: -2.5, d: "1.0" });
  });
});
