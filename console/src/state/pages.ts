import type { Api, Event, Page } from "../api/client";
import type { Question } from "../model/question";

export const PAGE = 100;
const MOST_KEPT = 60;

/** Pages of a question's rows, by number. The least recently used are forgotten first. */
export class Pages {
  private readonly kept = new Map<number, readonly Event[]>();

  get(number: number): readonly Event[] | undefined {
    const page = this.kept.get(number);
    if (page) this.put(number, page);
    return page;
  }

  has(number: number): boolean {
    return this.kept.has(number);
  }

  some(test: (event: Event) => boolean): boolean {
    return [...this.kept.values()].some((page) => page.some(test));
  }

  put(number: number, page: readonly Event[]): void {
    this.kept.delete(number);
    this.kept.set(number, page);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  /** Forget all pages but these. */
  replace(pages: ReadonlyMap<number, readonly Event[]>): void {
    this.kept.clear();
    for (const [number, page] of pages) this.put(number, page);
  }

  clear(): void {
    this.kept.clear();
  }
}

export interface Fetched {
  events: Event[];
  total?: number;
  /** The token of the next page; undefined if this is the last. */
  next?: string;
}

/** Fetch a whole page: if the service returns only a part, because it has read much, ask for the rest. */
export async function fetchPage(api: Api, asked: Question, page: Page, signal?: AbortSignal): Promise<Fetched> {
  let answer = await api.list(asked, page, signal);
  const total = answer.total_size;
  const events = [...answer.events];
  while (events.length < page.size && answer.next_page_token !== undefined) {
    const more = { size: page.size - events.length, order: page.order, skip: 0, token: answer.next_page_token };
    answer = await api.list(asked, more, signal);
    events.push(...answer.events);
  }
  const next = answer.next_page_token;
  return { events, ...(total === undefined ? {} : { total }), ...(next === undefined ? {} : { next }) };
}
