import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { isAborted, Problem, type Event } from "../api/client";
import type { Order } from "../model/address";
import type { Question } from "../model/question";
import { Attempt } from "./attempt";
import { fetchPage, PAGE, Pages, type Fetched } from "./pages";
import { api } from "./session";
import { question, view } from "./view";

interface Head {
  /** The exact number of rows; undefined if the service refused to count them. */
  total?: number;
}

interface Ordered {
  question: Question;
  order: Order;
}

const pages = new Pages();
const version = signal(0);
const loadedTo = signal(0);
const isComplete = signal(false);
const tokens = new Map<number, string>();
const underWay = new Map<number, { aborter: AbortController; done: Promise<void> }>();
let current: Ordered | undefined;

/** The answer to the question: its first page and its total. */
export const head = new Attempt<Head>();

/** The question whose answer is shown. Bars and values are asked for only after that. */
export const answered = signal<Question | undefined>(undefined);

/** The pages after the first; they are asked for again until they come. */
export const rest = new Attempt<void>();

/** Events that arrived after the question was asked, newest first. They are above its rows. */
export const fresh = signal<readonly Event[]>([]);

/** The number of events that came into the window after it was counted. */
const late = signal(0);

const COUNTED_AFTER = 3_000;
let growing: ReturnType<typeof setTimeout> | undefined;

/** Rises a few seconds after events came into the window, so that bars and values are counted again. */
export const grown = signal(0);

function grow(): void {
  growing ??= setTimeout(() => {
    growing = undefined;
    grown.value += 1;
  }, COUNTED_AFTER);
}

/** The number of rows put above others so far, so that other modules can keep their place in the list. */
export const shifted = signal(0);

/** The exact total; undefined until it is known, or if it cannot be counted. */
export const total = computed(() => {
  const counted = head.answer.value?.total;
  return counted === undefined ? undefined : counted + late.value + fresh.value.length;
});

/** Whether the list shows only what was read so far, because the service refuses to count that much. */
export const isPartial = computed(() => head.answer.value !== undefined && total.value === undefined);

/** The number of rows that a reader can scroll to. */
export const count = computed(() => {
  if (head.answer.value === undefined) return 0;
  return total.value ?? fresh.value.length + loadedTo.value + (isComplete.value ? 0 : 1);
});

/** The event of a row; undefined until it is loaded. */
export function row(number: number): Event | undefined {
  version.value;
  const arrived = fresh.value.length;
  return number < arrived ? fresh.value[number] : settled(number - arrived);
}

/** Whether any loaded row passes a test. */
export function some(test: (event: Event) => boolean): boolean {
  version.value;
  return fresh.value.some(test) || pages.some(test);
}

function settled(number: number): Event | undefined {
  return pages.get(Math.floor(number / PAGE))?.[number % PAGE];
}

/** Put events above all rows, the newest first. */
export function prepend(events: readonly Event[]): void {
  fresh.value = [...events, ...fresh.peek()];
  shifted.value += events.length;
}

/** Ask for a question's total and the page at `at`. Until the answer comes, the old rows stay. */
export async function ask(question: Question, order: Order, at = 0): Promise<void> {
  await head.ask(async (aborted) => {
    const number = Math.floor(at / PAGE);
    const fetched = await first(question, order, number, aborted);
    current = { question, order };
    forget();
    keep(fetched.total === undefined ? 0 : number, fetched);
    answered.value = question;
    return fetched.total === undefined ? {} : { total: fetched.total };
  });
  if (isStale) recount();
}

const counting = new Attempt<void>();
let isStale = false;

/** The visible rows, counted from the first that is not fresh. */
let looked: readonly [number, number] = [0, PAGE];

/** Count the same question again, because events came into its window. Visible rows stay in place. */
export function recount(): void {
  // The answer that is on its way may not count them yet.
  isStale = head.isAsking.peek();
  if (isStale) return;
  void counting.ask(async (aborted) => {
    const asked = current;
    const before = head.answer.peek()?.total;
    if (!asked || before === undefined) return;
    const counted = await api.count(asked.question, aborted);
    const shift = counted - before - late.peek();
    const seen = await lookedAt(shift, asked, aborted);
    if (current !== asked || aborted.aborted) return;
    batch(() => {
      giveUp();
      shifted.value += shift;
      late.value = counted - before;
      pages.replace(seen);
      version.value += 1;
    });
    grow();
  });
}

/** The visible pages, at their old places and at those to which new rows above move them: so none is empty. */
async function lookedAt(shift: number, { question, order }: Ordered, aborted: AbortSignal) {
  const [from, end] = looked;
  const numbers = [...new Set([...pagesOf(from, end), ...pagesOf(from + shift, end + shift)])];
  const ask = (number: number) => fetchPage(api, question, { skip: number * PAGE, size: PAGE, order }, aborted);
  return new Map(await Promise.all(numbers.map(async (number) => [number, (await ask(number)).events] as const)));
}

/** The numbers of the pages with these rows. */
function pagesOf(from: number, end: number): number[] {
  const first = Math.floor(Math.max(0, from) / PAGE);
  return Array.from({ length: Math.max(0, Math.ceil(end / PAGE) - first) }, (_, at) => first + at);
}

async function first(question: Question, order: Order, number: number, aborted: AbortSignal) {
  const page = { skip: number * PAGE, size: PAGE, order };
  try {
    return await fetchPage(api, question, { ...page, total: true }, aborted);
  } catch (error) {
    if (!(error instanceof Problem && error.isTooBroad)) throw error;
    return fetchPage(api, question, { ...page, skip: 0 }, aborted);
  }
}

/** Fetch the pages of these rows that are not loaded, and give up requests for other pages. */
export function need(from: number, end: number): void {
  const above = fresh.peek().length;
  const [first, last] = [Math.max(0, from - above), Math.min(end, count.peek()) - above];
  const wanted = pagesOf(first, last);
  looked = [first, Math.max(last, first + 1)];
  for (const [number, { aborter }] of underWay) if (!wanted.includes(number)) aborter.abort();
  if (wanted.every((number) => pages.has(number) || underWay.has(number))) return;
  void rest.ask(async () => void (await Promise.all(wanted.map(fetchOne))));
}

/** The event of a row; fetches it if it is not loaded. */
export async function fetchRow(number: number): Promise<Event | undefined> {
  const below = number - fresh.peek().length;
  if (below >= 0) await fetchOne(Math.floor(below / PAGE));
  return row(number);
}

function fetchOne(number: number): Promise<void> {
  const there = underWay.get(number);
  if (there || pages.has(number)) return there?.done ?? Promise.resolve();
  const aborter = new AbortController();
  const done = fetchNumber(number, aborter.signal).finally(() => {
    if (underWay.get(number)?.aborter === aborter) underWay.delete(number);
  });
  underWay.set(number, { aborter, done });
  return done;
}

async function fetchNumber(number: number, aborted: AbortSignal): Promise<void> {
  if (!current) return;
  const { question, order } = current;
  const token = isPartial.peek() ? tokens.get(number) : undefined;
  const place = token === undefined ? { skip: number * PAGE } : { skip: 0, token };
  try {
    const fetched = await fetchPage(api, question, { ...place, size: PAGE, order }, aborted);
    if (!aborted.aborted) keep(number, fetched);
  } catch (error) {
    if (!isAborted(error)) throw error;
  }
}

function keep(number: number, { events, next }: Fetched): void {
  pages.put(number, events);
  loadedTo.value = Math.max(loadedTo.peek(), number * PAGE + events.length);
  if (next === undefined) isComplete.value = true;
  else tokens.set(number + 1, next);
  version.value += 1;
}

function giveUp(): void {
  for (const { aborter } of underWay.values()) aborter.abort();
  underWay.clear();
}

function forget(): void {
  giveUp();
  tokens.clear();
  pages.clear();
  loadedTo.value = 0;
  isComplete.value = false;
  fresh.value = [];
  late.value = 0;
  clearTimeout(growing);
  growing = undefined;
  version.value += 1;
}

/** Ask whenever the question or its order changes. */
export function follow(): () => void {
  const order = computed(() => view.value.order);
  return effect(() => {
    const [asked, by] = [question.value, order.value];
    void untracked(() => ask(asked, by, view.peek().row ?? 0));
  });
}
