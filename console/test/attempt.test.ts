import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Offline, Problem } from "../src/api/client";
import { Attempt, waiting } from "../src/state/attempt";

const BUSY = new Problem(503, "urn:x", "Unavailable", "slow", undefined, undefined, 7);
const WRONG = new Problem(400, "urn:polylog:problem:too-broad", "Too broad", "too many");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("an attempt", () => {
  test("has the answer", async () => {
    const attempt = new Attempt<number>();
    await attempt.ask(() => Promise.resolve(7));
    expect([attempt.answer.value, attempt.isAsking.value, attempt.trouble.value]).toEqual([7, false, undefined]);
  });
  test("repeats when the service says so", async () => {
    const attempt = new Attempt<number>();
    const run = vi.fn(() => Promise.resolve(7)).mockRejectedValueOnce(BUSY);
    await attempt.ask(run);
    await vi.advanceTimersByTimeAsync(6999);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect([attempt.answer.value, attempt.trouble.value]).toEqual([7, undefined]);
  });
  test("says when it repeats", async () => {
    const attempt = new Attempt<number>();
    await attempt.ask(() => Promise.reject(new Offline("no")));
    expect(attempt.trouble.value).toMatchObject({ kind: "waiting", isOffline: true, at: Date.now() + 2000 });
    attempt.stop();
  });
  test("ends when it is refused", async () => {
    const attempt = new Attempt<number>();
    await attempt.ask(() => Promise.reject(WRONG));
    expect([attempt.trouble.value, vi.getTimerCount()]).toEqual([{ kind: "refused", problem: WRONG }, 0]);
  });
  test("is given up for the next one", async () => {
    const attempt = new Attempt<number>();
    let answer: (value: number) => void = () => undefined;
    const first = attempt.ask(() => new Promise((resolve) => (answer = resolve)));
    await attempt.ask(() => Promise.resolve(2));
    answer(1);
    await first;
    expect(attempt.answer.value).toBe(2);
  });
  test("keeps the last answer while there is no new one", async () => {
    const attempt = new Attempt<number>();
    await attempt.ask(() => Promise.resolve(1));
    await attempt.ask(() => Promise.reject(new Offline("no")));
    expect(attempt.answer.value).toBe(1);
    attempt.stop();
  });
  test("waits longer each time, up to a limit", () => {
    expect([0, 1, 2, 9].map((failures) => waiting(new Offline("no"), failures))).toEqual([2000, 4000, 8000, 30_000]);
  });
});
