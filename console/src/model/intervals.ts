import type { Histogram, Interval } from "../api/client";
import { DAY, HOUR, MINUTE, type Zone } from "./times";

/** The length of the bars. The page merges them from shorter ones that the service counts. */
export interface Step {
  readonly ask: Interval;
  readonly name: string;
  /** In milliseconds; undefined for months. */
  readonly ms?: number;
  readonly months?: number;
}

const STEPS: readonly Step[] = [
  { ask: "minute", name: "minute", ms: MINUTE },
  { ask: "minute", name: "5 minutes", ms: 5 * MINUTE },
  { ask: "minute", name: "15 minutes", ms: 15 * MINUTE },
  { ask: "hour", name: "hour", ms: HOUR },
  { ask: "hour", name: "3 hours", ms: 3 * HOUR },
  { ask: "hour", name: "6 hours", ms: 6 * HOUR },
  { ask: "day", name: "day", ms: DAY },
  { ask: "day", name: "week", ms: 7 * DAY },
  { ask: "month", name: "month", months: 1 },
  { ask: "month", name: "quarter", months: 3 },
  { ask: "month", name: "year", months: 12 },
  { ask: "month", name: "10 years", months: 120 },
  { ask: "month", name: "century", months: 1200 },
];
const MOST_BARS = 132;
const MONTH = 30.4 * DAY;

/** The shortest step that gives a window few enough bars to tell them apart. */
export function stepFor(sinceMs: number, untilMs: number): Step {
  const found = STEPS.find((step) => (untilMs - sinceMs) / (step.ms ?? (step.months ?? 1) * MONTH) <= MOST_BARS);
  return found ?? (STEPS.at(-1) as Step);
}

/** A bar; `parts` has a count for each of the chart's `names`, and a last one for the rest. */
export interface Bar {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly parts: readonly number[];
}

/** Bars over a whole window, including empty ones; half-open, in milliseconds since the epoch. */
export interface Chart {
  readonly step: Step;
  readonly bars: readonly Bar[];
  /** The values of the parts, the largest first. The sum of all others comes after the last. */
  readonly names: readonly string[];
  readonly hasRest: boolean;
  readonly total: number;
  readonly tallest: number;
}

export const MOST_NAMES = 6;
const MONDAY = 4 * DAY;

/** The start of the bar that contains a time. Bars start `shift` milliseconds before those of UTC. */
export function startOf(step: Step, ms: number, shift = 0): number {
  if (step.months !== undefined) {
    const at = new Date(ms);
    const month = at.getUTCFullYear() * 12 + at.getUTCMonth();
    return utc(Math.floor(month / step.months) * step.months);
  }
  const size = step.ms ?? MINUTE;
  const moved = shift + (size === 7 * DAY ? -MONDAY : 0);
  return Math.floor((ms + moved) / size) * size - moved;
}

/** The start of the next bar. */
export function after(step: Step, start: number): number {
  if (step.months === undefined) return start + (step.ms ?? MINUTE);
  const at = new Date(start);
  return utc(at.getUTCFullYear() * 12 + at.getUTCMonth() + step.months);
}

function utc(months: number): number {
  const at = new Date(0);
  at.setUTCFullYear(Math.floor(months / 12), months % 12, 1);
  return at.getTime();
}

/**
 * How far to move bars made of hours so that they start at local hours, if the zone's offset is whole
 * hours. The whole chart has one shift: otherwise bars would overlap when clocks change.
 */
export function shiftOf(step: Step, untilMs: number, zone: Zone): number {
  if (zone === "utc" || step.ask !== "hour") return 0;
  const minutes = new Date(untilMs).getTimezoneOffset();
  return minutes % 60 === 0 ? -minutes * MINUTE : 0;
}

/** Whether a chart's bars are in UTC even if the reader chose another zone. */
export function isUtcOnly(step: Step): boolean {
  return step.ask === "day" || step.ask === "month";
}

/** The chart of a histogram from the service, from `since` to `until`. */
export function chart(counted: Histogram, step: Step, since: number, until: number, shift = 0): Chart {
  const names = largest(counted);
  const hasRest = counted.bars.some((bar) => (bar.parts ?? []).some((part) => !names.includes(part.value)));
  const sums = new Map<number, number[]>();
  for (const bar of counted.bars) {
    const start = startOf(step, Date.parse(bar.start), shift);
    const sum = sums.get(start) ?? Array<number>(names.length + 1).fill(0);
    sums.set(start, sum);
    for (const part of bar.parts ?? [{ value: "", count: bar.count }]) {
      const at = names.indexOf(part.value);
      const place = at < 0 ? names.length : at;
      sum[place] = (sum[place] ?? 0) + part.count;
    }
  }
  const bars: Bar[] = [];
  for (let start = startOf(step, since, shift); start < until; ) {
    const end = after(step, start);
    const parts = sums.get(start) ?? Array<number>(names.length + 1).fill(0);
    bars.push({ start, end, parts, count: parts.reduce((sum, part) => sum + part, 0) });
    start = end;
  }
  return {
    step, bars, names, hasRest,
    total: bars.reduce((sum, bar) => sum + bar.count, 0),
    tallest: bars.reduce((most, bar) => Math.max(most, bar.count), 0),
  };
}

function largest(counted: Histogram): string[] {
  const sums = new Map<string, number>();
  for (const part of counted.bars.flatMap((bar) => bar.parts ?? [])) {
    sums.set(part.value, (sums.get(part.value) ?? 0) + part.count);
  }
  const ordered = [...sums].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ordered.slice(0, MOST_NAMES).map(([value]) => value);
}
