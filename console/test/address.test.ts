import { describe, expect, test } from "vitest";
import { DEFAULT, read, write, type Range, type View } from "../src/model/address";

function again(view: View): View {
  return read(new URL(write(view), "http://localhost"));
}

describe("an address", () => {
  test("is short when everything is the default", () => expect(write(DEFAULT)).toBe("/"));
  test("keeps the whole view", () => {
    const view: View = {
      filter: 'type = "a&b" AND x : "ä+%"', time: { since: "2026-11-01T00:00:00Z", until: "2026-11-02T00:00:00Z" },
      zone: "local", order: "asc", stack: "severity", columns: ["time", "data.x"], dense: false,
      event: "a/b?c", row: 12345, tail: true, page: "keys",
    };
    expect(again(view)).toEqual(view);
  });
  test.each<Range>([{ all: true }, { last: "24h" }, { since: "2026-11-01T00:00:00Z" }])("keeps the range %o", (time) => {
    expect(again({ ...DEFAULT, time }).time).toEqual(time);
  });
  test("uses the default for parts that it cannot read", () => {
    expect(read(new URL("http://localhost/?last=ever&row=-3&stack=x&order=up&since=soon"))).toEqual(DEFAULT);
  });
});
