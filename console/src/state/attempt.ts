import { signal } from "@preact/signals";
import { isAborted, Offline, Problem } from "../api/client";

/**
 * Why there is no answer: refused for good, or to be asked again at a time (milliseconds since the
 * epoch), or by the reader, once the service said often enough that it cannot.
 */
export type Trouble =
  | { kind: "refused"; problem: Problem }
  | { kind: "waiting"; reason: string; isOffline: boolean; at: number | undefined };

const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 30_000;
/** What is too much for the service now costs as much each time. */
const MOST_TRIES = 4;

/** Something asked of the service: one request at a time, repeated by itself while nobody answers. */
export class Attempt<T> {
  /** The last answer; it stays while the next one is on its way. */
  readonly answer = signal<T | undefined>(undefined);
  readonly trouble = signal<Trouble | undefined>(undefined);
  readonly isAsking = signal(false);

  private aborter = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private run: ((signal: AbortSignal) => Promise<T>) | undefined;
  private failures = 0;

  /** Ask; what was asked before is given up. */
  async ask(run: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.run = run;
    this.failures = 0;
    await this.start();
  }

  /** Ask the same now, without waiting for the time of the next try. */
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

/** The milliseconds until the next try: what the service says, or twice as long each time. */
export function waiting(error: unknown, failures: number): number {
  const told = error instanceof Problem ? error.retryAfter : undefined;
  return told === undefined ? Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT) : told * 1000;
}
