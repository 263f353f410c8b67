import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Event } from "../src/api/client";
import { event, json, pages, pretendBrowser, pretendService } from "./browser";

const LATER = "2999-01-01T00:00:00Z";
let arrive: (events: Event[]) => void = () => undefined;
let asked: string[] = [];

/** A log of 300 events whose tail answers when events arrive. */
function service(url: URL, init: RequestInit) {
  if (!url.pathname.endsWith(":tail")) return pages(300)(url, init);
  const after = url.searchParams.get("after") ?? "";
  asked.push(after);
  if (after === "latest") return json({ events: [], complete: 300, is_held_back: false });
  return new Promise<Response>((resolve) => {
    arrive = (events) => resolve(json({ events, complete: events.at(-1)?.seq, is_held_back: false }));
  });
}

async function opened() {
  pretendBrowser("http://log.example.com/?tail=on");
  pretendService(service);
  const [rows, tail] = [await import("../src/state/rows"), await import("../src/state/tail")];
  rows.follow();
  tail.follow();
  await vi.waitFor(() => expect([asked.at(-1), rows.total.value, rows.head.isAsking.value]).toEqual(["300", 300, false]));
  return { rows, tail };
}

async function arrived(...numbers: number[]): Promise<void> {
  const before = asked.length;
  arrive(numbers.map((seq) => ({ ...event(seq), time: LATER })));
  await vi.waitFor(() => expect(asked.length).toBe(before + 1));
}

beforeEach(() => {
  vi.resetModules();
  asked = [];
});

describe("the tail", () => {
  test("puts new events above the list, newest first", async () => {
    const { rows } = await opened();
    await arrived(301, 302);
    expect([rows.total.value, rows.row(0)?.seq, rows.row(1)?.seq, rows.row(2)?.seq]).toEqual([302, 302, 301, 0]);
  });
  test("goes on where it was", async () => {
    await opened();
    await arrived(301, 305);
    expect(asked).toEqual(["latest", "300", "305"]);
  });
  test("keeps the events that arrive during a pause", async () => {
    const { rows, tail } = await opened();
    tail.pause();
    await arrived(301);
    await arrived(302, 303);
    expect([rows.total.value, tail.waiting.value]).toEqual([300, 3]);
    tail.resume();
    expect([rows.total.value, tail.waiting.value, rows.row(0)?.seq]).toEqual([303, 0, 303]);
  });
});
