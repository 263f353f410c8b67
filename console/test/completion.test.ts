import { describe, expect, it } from "vitest";
import { placeAt, valueText, type Place } from "../src/model/completion";
import { suggestions } from "../src/model/suggestions";

/** The position of the `|` in a text. */
function at(marked: string): Place {
  return placeAt(marked.replace("|", ""), marked.indexOf("|"));
}

describe("placeAt", () => {
  it.each(["|", "ty|", "type = a AND |", "NOT |", "(|", "type = a OR ac|", "a AND (|"])(
    "wants a field in %s",
    (marked) => expect(at(marked).is).toBe("field"),
  );

  it("wants an operator after a field", () => {
    expect(at("type |")).toEqual({ is: "operator", from: 5, field: "type" });
    expect(at("data.a.b |")).toMatchObject({ is: "operator", field: "data.a.b" });
  });

  it.each(["type = a |", "ada |", "(type = a) |", "type = a A|", '"a b" |'])(
    "wants AND or OR in %s",
    (marked) => expect(at(marked).is).toBe("join"),
  );

  it("wants a value after an operator, or in a list", () => {
    expect(at("type = |")).toEqual({ is: "value", from: 7, field: "type", others: "" });
    expect(at('type = "audit.|')).toMatchObject({ is: "value", from: 7, field: "type" });
    expect(at("type=a|")).toMatchObject({ is: "value", from: 5, field: "type" });
    expect(at("type = (a OR |")).toMatchObject({ is: "value", from: 13, field: "type" });
    expect(at("type = (a |")).toEqual({ is: "join", from: 10, inList: true });
  });

  it("knows what comes before the condition", () => {
    expect(at("severity = error AND type = |")).toMatchObject({ others: "severity = error" });
    expect(at("severity = error AND NOT type = |")).toMatchObject({ others: "severity = error" });
    expect(at("severity = error OR type = |")).toMatchObject({ others: "" });
    expect(at("a AND (b AND type = |")).toMatchObject({ others: "" });
  });
});

describe("valueText", () => {
  it.each([
    ["audit.app.create", "audit.app.create"],
    ["it's", `"it's"`],
    ["a*", '"a\\*"'],
    ["", '""'],
    ["AND", '"AND"'],
    ["-a", '"-a"'],
    ["a b", '"a b"'],
  ])("writes %s as %s", (value, text) => expect(valueText(value)).toBe(text));
});

describe("suggestions", () => {
  it("has only the operators that a field takes", () => {
    const found = suggestions({ is: "operator", field: "links", from: 0 });
    expect(found.map(({ label }) => label)).toEqual([":"]);
  });

  it("has no AND in a list of values", () => {
    const found = suggestions({ is: "join", from: 0, inList: true });
    expect(found.map(({ label }) => label)).toEqual(["OR"]);
  });
});
