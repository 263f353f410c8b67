import { describe, expect, test } from "vitest";
import { cell, column, lines, value, type Event } from "../src/model/event";

const EVENT: Event = {
  id: "e-1", seq: 7, time: "2026-03-01T12:00:00Z", type: "app.start", origin: "system",
  actor: { id: "u-7" }, data: { "a.b": { c: 1 }, list: [1, 2] }, attributes: { lang: "en" },
};

describe("an event", () => {
  test("shows the first field of a column that has a value", () => expect(cell(EVENT, column("actor"))).toEqual({ field: "actor.id", value: "u-7" }));
  test("shows nothing for a field that it lacks", () => expect(value(EVENT, "target.name")).toBe(""));
  test("is read through quoted steps", () => expect(value(EVENT, 'data."a.b".c')).toBe("1"));
  test("has a line for each leaf of its data", () => {
    expect(lines(EVENT).slice(-3)).toEqual([
      { field: 'data."a.b".c', value: "1" }, { field: "data.list", value: "[1,2]" }, { field: "attributes.lang", value: "en" },
    ]);
  });
});
