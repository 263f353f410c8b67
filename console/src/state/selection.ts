import { computed, effect, signal, untracked } from "@preact/signals";
import type { Event, Told } from "../api/client";
import type { Order } from "../model/address";
import { both } from "../model/filter";
import type { Question } from "../model/question";
import { Attempt } from "./attempt";
import * as rows from "./rows";
import { api } from "./session";
import { navigate, question, view } from "./view";

/** The selected row, which the keyboard moves, counted from 0. */
export const selected = signal<number | undefined>(undefined);

/** Where the list should go; the list goes there and resets it. */
export const wanted = signal<{ row: number; how: "top" | "reveal" } | undefined>(undefined);

/** The open event, with its JSON as it was sent. */
export const opened = new Attempt<Told>();

/** The row of an open event that came from an address, so that it is not the selected row. */
const place = new Attempt<number | undefined>();

/** The row of the open event; undefined if the question does not find it, or until it is known. */
export const openRow = computed(() => {
  const { event } = view.value;
  if (event === undefined) return undefined;
  const at = selected.value;
  return at !== undefined && rows.row(at)?.id === event ? at : place.answer.value;
});

export const isPlacing = place.isAsking;

/** Go to a row: by keys, a jump or a click. */
export function select(row: number, how: "top" | "reveal" = "reveal"): void {
  const last = rows.count.peek() - 1;
  if (last < 0) return;
  selected.value = Math.min(Math.max(0, row), last);
  wanted.value = { row: selected.value, how };
  if (view.peek().event !== undefined) void open(selected.value, "replace");
}

/** Open the event of a row, next to the list. */
export async function open(row: number, how: "push" | "replace" = "push"): Promise<void> {
  selected.value = row;
  const event = await rows.fetchRow(row);
  if (event && selected.peek() === row) navigate({ event: event.id }, how);
}

export function close(): void {
  if (view.peek().event !== undefined) navigate({ event: undefined });
}

/** Find the row of an event that was not opened from the list. */
async function find(event: Event, asked: Question, order: Order): Promise<void> {
  const at = selected.peek();
  if (at !== undefined && rows.row(at)?.id === event.id) return;
  await place.ask((aborted) => rowOf(event, asked, order, aborted));
  const found = place.answer.peek();
  if (found === undefined || view.peek().event !== event.id) return;
  selected.value = found;
  wanted.value = { row: found, how: "reveal" };
}

/** A new answer came: begin at the place that the view names. */
function begin(): void {
  const at = selected.peek();
  const { event, row } = view.peek();
  if (at !== undefined && (event === undefined || rows.row(at)?.id !== event)) selected.value = undefined;
  if (event === undefined || row !== undefined) wanted.value = { row: row ?? 0, how: "top" };
}

/** The number of events before a time in the order of the list, which is the row of the first one at it. */
export function countBefore(time: string, asked: Question, order: Order, aborted?: AbortSignal): Promise<number> {
  const side = order === "desc" ? ">" : "<";
  return api.count({ text: both(asked.text, `time ${side} ${time}`) }, aborted);
}

const LOOKED_AT = 1000;

/** The row of an event: counts the events before it, and looks for it among those of the same time. */
async function rowOf(event: Event, asked: Question, order: Order, aborted: AbortSignal): Promise<number | undefined> {
  const before = await countBefore(event.time, asked, order, aborted);
  const text = both(asked.text, `time = ${event.time}`);
  const { events } = await api.list({ text }, { skip: 0, size: LOOKED_AT, order }, aborted);
  const at = events.findIndex((each) => each.id === event.id);
  return at < 0 ? undefined : before + at;
}

/** Go to the row of a time. */
export async function goToTime(time: string): Promise<void> {
  select(await countBefore(time, question.peek(), view.peek().order), "top");
}

/** Rows were put above: the same event stays selected. */
function shift(number: number): void {
  if (selected.peek() !== undefined) selected.value = (selected.peek() ?? 0) + number;
  if (place.answer.peek() !== undefined) place.answer.value = (place.answer.peek() ?? 0) + number;
}

/** Show the event that the view names, and begin at the place that it names. */
export function follow(): () => void {
  const id = computed(() => view.value.event);
  const asked = computed(() => ({ question: rows.head.answer.value && question.value, order: view.value.order }));
  let above = rows.shifted.peek();
  const stops = [
    effect(() => {
      const by = rows.shifted.value - above;
      above += by;
      if (by !== 0) untracked(() => shift(by));
    }),
    effect(() => {
      if (id.value === undefined) opened.stop();
      else void untracked(() => opened.ask((aborted) => api.event(view.peek().event ?? "", aborted)));
    }),
    effect(() => {
      const [event, { question: now, order }] = [opened.answer.value?.event, asked.value];
      if (event && now && event.id === id.value) untracked(() => void find(event, now, order));
      else place.stop();
    }),
    effect(() => {
      if (rows.head.answer.value === undefined) return;
      untracked(begin);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
