import { describe, expect, test } from "vitest";
import { sought } from "../src/model/filter";
import { highlight } from "../src/model/highlight";

function marked(text: string, field: string, filter: string): string {
  return highlight(text, field, sought(filter)).map((piece) => (piece.isFound ? `[${piece.text}]` : piece.text)).join("");
}

describe("a text", () => {
  test("is marked where a filter found it", () => expect(marked("Out of Memory, memory", "message", "memory")).toBe("Out of [Memory], [memory]"));
  test("is not marked in a field that was not asked", () => expect(marked("memory", "source", "memory")).toBe("memory"));
  test("is marked around wildcards", () => expect(marked("audit.app.create", "type", "type = audit.*.create")).toBe("[audit.]app[.create]"));
  test("is marked once where two conditions meet", () => expect(marked("abc", "message", 'message : "ab" AND message : "bc"')).toBe("[ab][c]"));
  test("stays whole where nothing was found", () => expect(marked("abc", "type", "type = x")).toBe("abc"));
});
