import { computed, effect, signal, untracked } from "@preact/signals";
import { Problem, type Histogram, type Interval } from "../api/client";
import type { Stack, Zone } from "../model/address";
import { steadyColours } from "../model/colours";
import { chart, shiftOf, stepFor, type Chart } from "../model/intervals";
import { coloursOf } from "../model/severity";
import { within, type Question } from "../model/question";
import { iso } from "../model/times";
import { Attempt } from "./attempt";
import { answered, grown } from "./rows";
import { api } from "./session";
import { view } from "./view";

/** A chart, the field whose values are its parts, and the colour of each value. */
export interface Drawn extends Chart {
  by: Stack;
  colours: readonly number[];
}

/** The bars over the window of the question. */
export const histogram = new Attempt<Drawn>();

/** The number of the colour of each value; the rest has none. */
export const colours = computed(() => histogram.answer.value?.colours ?? []);

/** The colours that values had, by the field: a value keeps its colour when another question makes it rarer. */
const given = new Map<Stack, Map<string, number>>();

function paint(by: Stack, names: readonly string[]): number[] {
  if (by === "severity") return coloursOf(names);
  const before = given.get(by) ?? new Map<string, number>();
  const painted = steadyColours(names, before);
  given.set(by, new Map([...before, ...names.map((name, at) => [name, painted[at] ?? 0] as const)]));
  return painted;
}

const STORED = "polylog-histogram";

/** Whether the bars are shown; the page does not ask for hidden bars. */
export const isShown = signal(localStorage.getItem(STORED) !== "off");

export function toggle(): void {
  isShown.value = !isShown.value;
  localStorage.setItem(STORED, isShown.value ? "on" : "off");
}

/** Ask whenever another question is answered, or the bars are divided by another field. */
export function follow(): () => void {
  const [stack, zone] = [computed(() => view.value.stack), computed(() => view.value.zone)];
  return effect(() => {
    const [asked, by, there] = [answered.value, stack.value, zone.value];
    grown.value;
    if (asked && isShown.value) void untracked(() => histogram.ask((aborted) => fetchChart(asked, by, there, aborted)));
  });
}

async function fetchChart(asked: Question, stack: Stack, zone: Zone, aborted: AbortSignal): Promise<Drawn> {
  const window = await windowOf(asked, aborted);
  const step = stepFor(window.since, window.until);
  const part = within(asked, iso(window.since), iso(window.until));
  const [counted, by] = await counts(part, step.ask, stack, aborted);
  const drawn = chart(counted, step, window.since, window.until, shiftOf(step, window.until, zone));
  return { ...drawn, by, colours: paint(by, drawn.names) };
}

/** The counts by a field, or by type if the field needs too much reading: the tally counts types. */
async function counts(asked: Question, interval: Interval, stack: Stack, aborted: AbortSignal): Promise<[Histogram, Stack]> {
  try {
    return [await api.histogram(asked, interval, stack, aborted), stack];
  } catch (error) {
    if (!(error instanceof Problem && error.isTooBroad) || stack === "type") throw error;
    return [await api.histogram(asked, interval, "type", aborted), "type"];
  }
}

/** The window in milliseconds. One without a beginning starts with its oldest event. */
async function windowOf(asked: Question, aborted: AbortSignal): Promise<{ since: number; until: number }> {
  const until = Date.parse(asked.until);
  if (asked.since !== undefined) return { since: Date.parse(asked.since), until };
  const oldest = await api.list(asked, { skip: 0, size: 1, order: "asc" }, aborted);
  const [event] = oldest.events;
  return { since: event ? Math.floor(Date.parse(event.time) / 1000) * 1000 : until - 1, until };
}
