import { signal } from "@preact/signals";

const STORED = "polylog-filters";
const MOST = 50;

/** A key, which somebody may have pasted into the wrong field. */
const KEY = /\bPL[A-Z0-9]{17}\b/;

const kept = signal<readonly string[]>(read());

/** Earlier filters, the latest first. */
export const past = kept;

export function remember(filter: string): void {
  if (!filter || KEY.test(filter)) return;
  kept.value = [filter, ...kept.value.filter((each) => each !== filter)].slice(0, MOST);
  localStorage.setItem(STORED, JSON.stringify(kept.value));
}

export function forget(): void {
  kept.value = [];
  localStorage.removeItem(STORED);
}

function read(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(stored) ? stored.filter((each) => typeof each === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}
