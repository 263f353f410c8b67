import { signal } from "@preact/signals";
import * as rows from "./rows";
import { navigate, view } from "./view";

/** The number of rows that were put above the visible ones and that the reader has not seen. */
export const unseen = signal(0);

/** The visible rows: the first, and the one after the last. */
export const seen = signal<readonly [number, number]>([0, 0]);

const AHEAD = 30;
const FETCH_AFTER = 50;
const WRITE_AFTER = 300;
let fetching: ReturnType<typeof setTimeout> | undefined;
let writing: ReturnType<typeof setTimeout> | undefined;

/** The list shows these rows: fetch them, and once it rests there, keep the place in the address. */
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
