import { signal } from "@preact/signals";
import * as rows from "./rows";
import { navigate, view } from "./view";

/** Rows that were put above what is read, and were not looked at. */
export const unseen = signal(0);

/** The rows that are seen: the first, and the one after the last. */
export const seen = signal<readonly [number, number]>([0, 0]);

const AHEAD = 30;
const FETCH_AFTER = 50;
const WRITE_AFTER = 300;
let fetching: ReturnType<typeof setTimeout> | undefined;
let writing: ReturnType<typeof setTimeout> | undefined;

/** The list shows these rows: fetch them, and keep their place in the address, once it rests there. */
export function place(first: number, end: number, isAtTop: boolean): void {
  seen.value = [first, end];
  if (isAtTop) unseen.value = 0;
  clearTimeout(fetching);
  clearTimeout(writing);
  fetching = setTimeout(() => rows.need(Math.max(0, first - AHEAD), end + AHEAD), FETCH_AFTER);
  writing = setTimeout(() => {
    if (!view.peek().tail && rows.head.answer.peek() && !rows.head.isAsking.peek()) navigate({ row: first || undefined }, "replace");
  }, WRITE_AFTER);
}
