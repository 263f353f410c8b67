import { vi } from "vitest";
import type { Event } from "../src/api/client";

/** What the state modules need from a browser: an address, its history, and two storages. */
export function pretendBrowser(address = "http://log.example.com/", isNarrow = false): void {
  const place = new URL(address);
  const move = (_: unknown, __: string, to: string) => void (place.href = new URL(to, place).href);
  vi.stubGlobal("location", place);
  vi.stubGlobal("history", { pushState: vi.fn(move), replaceState: vi.fn(move) });
  vi.stubGlobal("sessionStorage", memory());
  vi.stubGlobal("localStorage", memory());
  vi.stubGlobal("matchMedia", () => ({ matches: isNarrow, addEventListener: () => undefined }));
}

function memory() {
  const kept = new Map<string, string>();
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

export type Answer = (url: URL, init: RequestInit) => Response | Promise<Response>;

/** A service that gives the answers it is told to, and counts the requests. */
export function pretendService(answer: Answer) {
  const service = vi.fn((path: string, init: RequestInit = {}) => Promise.resolve(answer(new URL(path, "http://log.example.com"), init)));
  vi.stubGlobal("fetch", service);
  return service;
}

export function json(document: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(document), { status, headers });
}

export function problem(status: number, title: string): Response {
  return json({ type: `urn:polylog:problem:${title.toLowerCase().replaceAll(" ", "-")}`, title, status, detail: title }, status);
}

export function event(seq: number): Event {
  return { id: `e-${seq}`, seq, time: "2026-11-30T12:00:00Z", type: "door.open", origin: "system" };
}

/** A log with a number of events. Rows are numbered from 0, and a page token is the number of the next row. */
export function pages(total: number, most = 1000): Answer {
  return (url) => {
    const query = url.searchParams;
    const from = Number(query.get("page_token") ?? query.get("skip") ?? 0);
    const end = Math.min(total, from + Math.min(most, Number(query.get("page_size"))));
    const events = Array.from({ length: Math.max(0, end - from) }, (_, at) => event(from + at));
    const counted = query.get("total_size") === "true" ? { total_size: total } : {};
    return json({ events, ...counted, ...(end < total ? { next_page_token: String(end) } : {}) });
  };
}
