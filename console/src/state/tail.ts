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

/** Whether the tail is paused: events wait, and none is lost. */
export const isPaused = signal(false);

/** How many events arrived during the pause. */
export const waiting = computed(() => held.value.length);

/** Whether the pause is so long that the service keeps the later events. */
export const isFull = computed(() => held.value.length >= MOST_WAITING);

/** Whether there are later events that one with a lower number may still overtake. */
export const isHeldBack = signal(false);

export const trouble = signal<Trouble | undefined>(undefined);

const held = signal<readonly Event[]>([]);
let resumed: (() => void) | undefined;

/** Follow what arrives, while the view says so. */
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

/** Turn the tail on or off. What ends in the past has no tail, and the newest events come first. */
export function toggle(): void {
  const { tail, time } = view.peek();
  if (tail) navigate({ tail: false });
  else navigate({ tail: true, order: "desc", time: "until" in time ? { last: "1h" } : time });
}

export function pause(): void {
  isPaused.value = true;
}

/** Go on, with all that arrived during the pause. */
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
      // Once it is known where the present begins, the list is asked up to there, and a little
      // further: what came before by another clock is then in the list, and nothing is lost.
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

/** Put events over the list, the newest first. Those of times in the window are asked with it again. */
function show(events: readonly Event[]): void {
  const until = Date.parse(question.peek().until);
  const fresh = events.filter((event) => Date.parse(event.time) >= until);
  const isLate = fresh.length < events.length;
  if (isLate) rows.recount();
  if (fresh.length === 0) return;
  rows.prepend([...fresh].reverse());
  if (rows.fresh.peek().length > MOST_FRESH) settle();
}

/** What has arrived becomes part of the list, whose rows are forgotten when they are not seen. */
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
