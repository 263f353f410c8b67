import { computed, effect, signal, untracked } from "@preact/signals";
import { DEFAULT } from "../model/address";
import { cell, column } from "../model/event";
import { both } from "../model/filter";
import type { Question } from "../model/question";
import { Attempt } from "./attempt";
import { facets, isSeen } from "./facets";
import * as rows from "./rows";
import { api } from "./session";
import { view } from "./view";

const STORED = "polylog-column-widths";
export const NARROWEST = 48;

function stored(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "{}") as Record<string, number>;
  } catch {
    return {};
  }
}

const widths = signal<Record<string, number>>(stored());

/** The least width of a column in pixels: the one that the reader chose in this browser, or the usual one. */
export function widthOf(name: string): number {
  return widths.value[name] ?? column(name).width;
}

/** Whether a column keeps its width, because the reader chose it or it is not elastic. */
export function isFixed(name: string): boolean {
  return widths.value[name] !== undefined || !column(name).isElastic;
}

export function widen(name: string, width: number): void {
  widths.value = { ...widths.value, [name]: Math.max(NARROWEST, Math.round(width)) };
  localStorage.setItem(STORED, JSON.stringify(widths.value));
}

/** Let the column share the remaining room again. */
export function loosen(name: string): void {
  const { [name]: _, ...others } = widths.value;
  widths.value = others;
  localStorage.setItem(STORED, JSON.stringify(others));
}

const isByDefault = computed(() => view.value.columns.join() === DEFAULT.columns.join());

/** The columns that have a value in a loaded row. */
const filled = computed<ReadonlySet<string>>(() => {
  const names = view.value.columns;
  return new Set(names.filter((name) => rows.some((event) => cell(event, column(name)).value !== "")));
});

/** Whether any event has a message, which facets do not count, or a severity, while no facets are counted. */
const has = { message: new Attempt<boolean>(), severity: new Attempt<boolean>() };

/** The columns of the list: those that the reader chose, otherwise those that have a value in the answer. */
export const shown = computed<readonly string[]>(() => {
  const { columns } = view.value;
  const isAnswered = rows.head.answer.value !== undefined && rows.count.value > 0;
  if (!isByDefault.value || !isAnswered) return columns;
  return columns.filter((name) => filled.value.has(name) || !isEmpty(name));
});

/** Whether no event has a value, or it is not known yet: a column that appears is better than one that goes. */
function isEmpty(name: string): boolean {
  if (isAskedFor(name)) return !has[name].answer.value && has[name].trouble.value === undefined;
  const counted = facets.answer.value;
  if (!isSeen.value || counted?.isPartial || facets.trouble.value) return false;
  const found = counted?.facets.filter(({ by }) => column(name).fields.includes(by)) ?? [];
  return found.every(({ groups }) => groups.every(({ value }) => value === ""));
}

/** Whether one event is asked for to find out if the column is empty. */
function isAskedFor(name: string): name is keyof typeof has {
  return name === "message" || (name === "severity" && !isSeen.value);
}

/** Find out which columns have values, whenever another question is answered. */
export function follow(): () => void {
  return effect(() => {
    const asked = rows.answered.value;
    if (!asked || !isByDefault.value) return;
    const names = Object.keys(has).filter(isAskedFor);
    untracked(() => {
      for (const name of names) {
        if (filled.value.has(name)) has[name].stop();
        else void has[name].ask((aborted) => findOne(asked, name, aborted));
      }
    });
  });
}

/** An empty page with a next page says nothing about the events after it; then the column stays. */
async function findOne(asked: Question, name: string, aborted: AbortSignal): Promise<boolean> {
  const found = await api.list({ text: both(asked.text, `${name}:*`) }, { skip: 0, size: 1, order: "desc" }, aborted);
  return found.events.length > 0 || found.next_page_token !== undefined;
}
