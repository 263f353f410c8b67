import { signal } from "@preact/signals";
import { isAborted, Offline, Problem } from "../api/client";

/**
 * Why there is no answer. Either the service refused, or the page asks again at `at` (milliseconds
 * since the epoch). Without `at` the page has tried often enough, and the reader can ask again.
 */
export type Trouble =
  | { kind: "refused"; problem: Problem }
  | { kind: "waiting"; reason: string; isOffline: boolean; at: number | undefined };

const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 30_000;
/** The page gives up after this many tries: a question that the service cannot answer costs each time. */
const MOST_TRIES = 4;

/** A question to the service. It sends one request at a time, and repeats it while there is no answer. */
export class Attempt<T> {
  /** The last answer; it stays until the next one comes. */
  readonly answer = signal<T | undefined>(undefined);
  readonly trouble = signal<Trouble | undefined>(undefined);
  readonly isAsking = signal(false);

  private aborter = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private run: ((signal: AbortSignal) => Promise<T>) | undefined;
  private failures = 0;

  /** Ask; the request before is given up. */
  async ask(run: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.run = run;
    this.failures = 0;
    await this.start();
  }

  /** Ask the same again now, without waiting for the next try. */
  async again(): Promise<void> {
    if (this.run) await this.start();
  }

  /** Give up, and forget the answer. */
  stop(): void {
    this.halt();
    this.run = undefined;
    this.answer.value = this.trouble.value = undefined;
    this.isAsking.value = false;
  }

  private halt(): void {
    clearTimeout(this.timer);
    this.aborter.abort();
    this.aborter = new AbortController();
  }

  private async start(): Promise<void> {
    this.halt();
    const { signal: aborted } = this.aborter;
    this.isAsking.value = true;
    try {
      const answer = await this.run?.(aborted);
      if (aborted.aborted) return;
      this.answer.value = answer;
      this.trouble.value = undefined;
      this.failures = 0;
    } catch (error) {
      if (aborted.aborted || isAborted(error)) return;
      this.fail(error);
    }
    this.isAsking.value = false;
  }

  private fail(error: unknown): void {
    if (error instanceof Problem && !error.isPassing) {
      this.trouble.value = { kind: "refused", problem: error };
      this.answer.value = undefined;
      return;
    }
    if (!(error instanceof Offline || error instanceof Problem)) throw error;
    const wait = waiting(error, this.failures);
    this.failures += 1;
    const isOffline = error instanceof Offline;
    const isLast = !isOffline && this.failures >= MOST_TRIES;
    this.trouble.value = { kind: "waiting", reason: error.message, isOffline, at: isLast ? undefined : Date.now() + wait };
    if (!isLast) this.timer = setTimeout(() => void this.start(), wait);
  }
}

/** The milliseconds until the next try: the time that the service says, otherwise twice as long each time. */
export function waiting(error: unknown, failures: number): number {
  const told = error instanceof Problem ? error.retryAfter : undefined;
  return told === undefined ? Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT) : told * 1000;
}
