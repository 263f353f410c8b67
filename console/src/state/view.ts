import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";
import { read, write, type View } from "../model/address";
import { fix, type Question } from "../model/question";
import { keep, preferred } from "./preferences";
import { api } from "./session";

export type { Question } from "../model/question";

const current = signal<View>(here());
const asked = signal<{ at: number; end?: string }>({ at: api.now() });

/** The view of the address. */
export const view: ReadonlySignal<View> = current;

const filter = computed(() => current.value.filter);
const range = computed(() => JSON.stringify(current.value.time));

/** The question of the view. The times of a relative range stay fixed until `refresh` or a new range. */
export const question: ReadonlySignal<Question> = computed(() => {
  range.value;
  const { at, end } = asked.value;
  return fix({ filter: filter.value, time: current.peek().time }, at, end);
});

/** Change the view and the address. `replace` adds no entry to the history, for typing and scrolling. */
export function navigate(change: Partial<View>, how: "push" | "replace" = "push"): void {
  const before = current.peek();
  const changed = { ...before, ...change };
  const isMoved = JSON.stringify(changed.time) !== range.peek();
  const isOther = isMoved || changed.filter !== before.filter || changed.order !== before.order;
  // Another question starts at its top.
  const next = isOther && change.row === undefined ? { ...changed, row: undefined } : changed;
  const address = write(next);
  if (address !== write(before)) history[how === "push" ? "pushState" : "replaceState"](null, "", address);
  if (change.columns !== undefined || change.dense !== undefined || change.zone !== undefined) keep(next);
  batch(() => {
    if (isMoved) asked.value = { at: api.now() };
    current.value = next;
  });
}

/** Ask the same again: a relative range moves up to now, or some milliseconds further. */
export function refresh(aheadMs = 0): void {
  asked.value = { at: api.now() + aheadMs };
}

/** Let all time end later, because the last event is in the future. */
export function extend(end: string): void {
  asked.value = { ...asked.peek(), end };
}

/** Follow the browser's back and forward. */
export function followHistory(): void {
  addEventListener("popstate", () => {
    const next = here();
    batch(() => {
      if (JSON.stringify(next.time) !== range.peek()) asked.value = { at: api.now() };
      current.value = next;
    });
  });
}

function here(): View {
  const url = new URL(location.href);
  return preferred(read(url), url);
}
