import { computed, effect, signal } from "@preact/signals";
import { isAborted, Offline, Problem, type Event } from "../api/client";
import { waiting as waitFor, type Trouble } from "./attempt";
import { seen } from "./place";
import * as rows from "./rows";
import { selected } from "./selection";
import { api } from "./session";
import { navigate, question, refresh, view } from "./view";

const WAIT_SECONDS = 20;
const MOST_WAITING = 1000;
const AHEAD_MS = 3000;
const MOST_FRESH = 5000;

/** Whether the tail is paused. Events wait meanwhile, and none is lost. */
export const isPaused = signal(false);

/** How many events arrived during the pause. */
export const waiting = computed(() => held.value.length);

/** Whether the page has stopped asking because too many events wait; later ones stay in the service. */
export const isFull = computed(() => held.value.length >= MOST_WAITING);

/** Whether there are later events that wait, because one with a lower number may still arrive. */
export const isHeldBack = signal(false);

export const trouble = signal<Trouble | undefined>(undefined);

const held = signal<readonly Event[]>([]);
let resumed: (() => void) | undefined;

/** Follow new events while the view says so. */
export function follow(): () => void {
  const filter = computed(() => (view.value.tail ? view.value.filter : undefined));
  return effect(() => {
    if (filter.value === undefined) return undefined;
    const aborter = new AbortController();
    void run(filter.value, aborter.signal);
    return () => {
      aborter.abort();
      clear();
    };
  });
}

/** Turn the tail on or off. A tail has the newest events first and a range that ends now, so these may change. */
export function toggle(): void {
  const { tail, time } = view.peek();
  if (tail) navigate({ tail: false });
  else navigate({ tail: true, order: "desc", time: "until" in time ? { last: "1h" } : time });
}

export function pause(): void {
  isPaused.value = true;
}

/** Go on, with the events that arrived during the pause. */
export function resume(): void {
  isPaused.value = false;
  const events = held.value;
  held.value = [];
  show(events);
  resumed?.();
}

async function run(filter: string, aborted: AbortSignal): Promise<void> {
  let after: number | "latest" = "latest";
  let failures = 0;
  while (!aborted.aborted) {
    try {
      const isFirst = after === "latest";
      const found = await api.tail(filter, after, isFirst ? 0 : WAIT_SECONDS, aborted);
      after = found.complete;
      isHeldBack.value = found.is_held_back;
      trouble.value = undefined;
      failures = 0;
      // Now it is known where the tail starts. Ask for the list up to now and a little further: so events
      // that arrived earlier, but whose clock is ahead, are in the list, and nothing is lost.
      if (isFirst) refresh(AHEAD_MS);
      take(found.events);
      if (isFull.peek()) await new Promise<void>((resolve) => (resumed = resolve));
    } catch (error) {
      if (isAborted(error)) return;
      if (!(await isWorthAnotherTry(error, failures))) return;
      failures += 1;
    }
  }
}

async function isWorthAnotherTry(error: unknown, failures: number): Promise<boolean> {
  if (error instanceof Problem && !error.isPassing) {
    trouble.value = { kind: "refused", problem: error };
    return false;
  }
  if (!(error instanceof Problem || error instanceof Offline)) throw error;
  const wait = waitFor(error, failures);
  trouble.value = { kind: "waiting", reason: error.message, isOffline: error instanceof Offline, at: Date.now() + wait };
  await new Promise((resolve) => setTimeout(resolve, wait));
  return true;
}

function take(events: readonly Event[]): void {
  if (isPaused.peek()) held.value = [...held.peek(), ...events];
  else show(events);
}

/** Put events above the list, newest first. For those with a time in the window, count the window again. */
function show(events: readonly Event[]): void {
  const until = Date.parse(question.peek().until);
  const fresh = events.filter((event) => Date.parse(event.time) >= until);
  const isLate = fresh.length < events.length;
  if (isLate) rows.recount();
  if (fresh.length === 0) return;
  rows.prepend([...fresh].reverse());
  if (rows.fresh.peek().length > MOST_FRESH) settle();
}

/** Make the new events part of the list, which forgets rows out of sight. If the reader is not at its top, pause. */
function settle(): void {
  const isAtTop = seen.peek()[0] === 0 && selected.peek() === undefined;
  if (isAtTop) refresh(AHEAD_MS);
  else pause();
}

function clear(): void {
  isPaused.value = isHeldBack.value = false;
  held.value = [];
  trouble.value = undefined;
  resumed?.();
}
