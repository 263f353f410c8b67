import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Event } from "../src/api/client";
import { event, json, pretendBrowser, pretendService } from "./browser";

interface Log {
  first: Partial<Event>;
  severities?: string[];
  messages?: number;
}

/** The columns of a log, given its first page, its facets, and whether any event has a message. */
async function shown(log: Log, address?: string, isNarrow = false) {
  pretendBrowser(address, isNarrow);
  pretendService((url) => {
    const filter = url.searchParams.get("filter") ?? "";
    if (url.pathname.endsWith(":facets")) return json({ facets: [{ by: "severity", total_size: 1, groups: (log.severities ?? [""]).map((value) => ({ value, count: 1 })) }] });
    if (filter.includes("message:*")) return json({ events: log.messages ? [event(9)] : [] });
    if (filter.includes("severity:*")) return json({ events: (log.severities ?? [""]).some(Boolean) ? [event(9)] : [] });
    return json({ events: [{ ...event(1), ...log.first }], total_size: 500 });
  });
  const [columns, facets, rows, { question }] = [
    await import("../src/state/columns"), await import("../src/state/facets"), await import("../src/state/rows"), await import("../src/state/view"),
  ];
  columns.follow();
  facets.follow();
  await rows.ask(question.value, "desc");
  await vi.waitFor(() => expect(facets.facets.isAsking.value).toBe(false));
  await new Promise((resolve) => setTimeout(resolve));
  return columns.shown.value;
}

beforeEach(() => void vi.resetModules());

describe("the columns of the list", () => {
  test("are those that an event has a value for", async () => {
    expect(await shown({ first: { actor: { id: "ada" } } })).toEqual(["time", "type", "actor"]);
  });
  test("are those that a row has a value for", async () => {
    expect(await shown({ first: { message: "hello", severity: "error" } })).toEqual(["time", "severity", "type", "message"]);
  });
  test("are those that events beyond the first page have a value for", async () => {
    expect(await shown({ first: {}, severities: ["", "error"], messages: 1 })).toEqual(["time", "severity", "type", "message"]);
  });
  test.each([[["", "error"], ["time", "severity", "type", "actor", "target"]], [[""], ["time", "type", "actor", "target"]]])("know of severities where the values %j are not counted", async (severities, columns) => {
    expect(await shown({ first: {}, severities }, undefined, true)).toEqual(columns);
  });
  test("are all that the reader chose, including empty ones", async () => {
    expect(await shown({ first: {} }, "http://log.example.com/?columns=time,severity,message")).toEqual(["time", "severity", "message"]);
  });
  test("are all if the values are not counted", async () => {
    pretendBrowser();
    const { shown: columns } = await import("../src/state/columns");
    expect(columns.value).toEqual(["time", "severity", "type", "actor", "target", "message"]);
  });
});
