import { beforeEach, describe, expect, test, vi } from "vitest";
import { event, json, pretendBrowser, pretendService } from "./browser";

/** A log of a million rows; five with the same time start at row 48,210. */
function service(url: URL) {
  const filter = url.searchParams.get("filter") ?? "";
  if (url.pathname.endsWith(":count")) return json({ count: filter.includes("time > ") ? 48_210 : 0 });
  if (filter.includes("time = ")) return json({ events: [14, 13, 12, 11, 10].map(event) });
  if (/events\/e-\d+$/.test(url.pathname)) return json(event(Number(url.pathname.split("-").at(-1))));
  const skip = Number(url.searchParams.get("skip"));
  return json({ events: Array.from({ length: 100 }, (_, at) => event(2_000_000 - skip - at)), total_size: 1_204_553, next_page_token: "more" });
}

async function opened(address: string) {
  pretendBrowser(`http://log.example.com${address}`);
  pretendService(service);
  const selection = await import("../src/state/selection");
  const rows = await import("../src/state/rows");
  rows.follow();
  selection.follow();
  await vi.waitFor(() => expect(rows.total.value).toBe(1_204_553));
  return { selection, rows };
}

beforeEach(() => void vi.resetModules());

describe("an event that an address names", () => {
  test("is found among all rows, and among those of its time", async () => {
    const { selection } = await opened("/?event=e-12");
    await vi.waitFor(() => expect(selection.openRow.value).toBe(48_212));
  });
  test("is the place that the list goes to", async () => {
    const { selection } = await opened("/?event=e-12");
    await vi.waitFor(() => expect(selection.wanted.value).toEqual({ row: 48_212, how: "reveal" }));
  });
  test("may be one that the question does not find", async () => {
    const { selection } = await opened("/?event=e-99");
    await vi.waitFor(() => expect([selection.opened.answer.value?.event.id, selection.isPlacing.value]).toEqual(["e-99", false]));
    expect(selection.openRow.value).toBeUndefined();
  });
});

describe("a row", () => {
  test("is selected within the list", async () => {
    const { selection } = await opened("/");
    selection.select(2_000_000);
    expect(selection.selected.value).toBe(1_204_552);
  });
  test("is opened with its event in the address", async () => {
    const { selection } = await opened("/");
    await selection.open(7);
    expect(location.search).toBe("?event=e-1999993");
  });
  test("stays selected when others come above it", async () => {
    const { selection, rows } = await opened("/");
    selection.select(7);
    rows.prepend([event(3_000_000)]);
    expect([selection.selected.value, rows.row(8)?.id]).toEqual([8, "e-1999993"]);
  });
  test("at a time is the number of events before it", async () => {
    const { selection } = await opened("/");
    await selection.goToTime("2026-11-30T12:00:00Z");
    expect(selection.wanted.value).toEqual({ row: 48_210, how: "top" });
  });
});
