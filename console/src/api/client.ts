import { parsed } from "../model/json";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Event = Schemas["WireEvent"];
export type EventList = Schemas["EventList"];
export type Explanation = Schemas["Explanation"];
export type Histogram = Schemas["Histogram"];
export type Interval = Schemas["Interval"];
export type Facets = Schemas["Facets"];
export type Group = Schemas["GroupOfValue"];
export type Groups = Schemas["Groups"];
export type Arrivals = Schemas["Arrivals"];
export type Own = Schemas["Own"];
export type KnownKey = Schemas["KnownKey"];
export type NewKey = { permissions: Schemas["NewKey"]["permissions"]; organization_id?: string; project_id?: string; expires_at?: string };
export type CreatedKey = Schemas["CreatedKey"];

/** What a request asks: the whole filter, time bounds included. */
export interface Asked {
  readonly text: string;
}

export interface Page {
  skip: number;
  size: number;
  order: "asc" | "desc";
  total?: boolean;
  /** Continues after a page, instead of `skip`. */
  token?: string;
  explain?: boolean;
}

/** The service refused the request. `column` is a place in the filter that was sent, counted from 1. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly parameter?: string,
    readonly column?: number,
    readonly retryAfter?: number,
  ) {
    super(detail || title);
  }

  /** Whether the question would need more reading than the service allows. */
  get isTooBroad(): boolean {
    return this.type.endsWith(":too-broad");
  }

  /** Whether the service could not answer: its time was over, or its database did not answer. */
  get isUnavailable(): boolean {
    return this.status === 503;
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** No answer came: there is no network, or the service is not running. */
export class Offline extends Error {}

/** One event, and its JSON as it was sent: numbers beyond 2^53 stay exact in the text. */
export interface Told {
  event: Event;
  text: string;
}

export interface Exported {
  text: string;
  next?: string;
}

type Value = string | number | boolean | undefined;

/** The `Date` of an answer has whole seconds and is a little old. */
const SKEW = 3_000;

/** The native API. The only place that calls `fetch`. */
export class Api {
  private skew = 0;

  constructor(
    private readonly token: () => string | undefined,
    private readonly onRefused: (token: string | undefined) => void = () => undefined,
  ) {}

  list(asked: Asked, page: Page, signal?: AbortSignal): Promise<EventList> {
    return this.get("/events", {
      filter: asked.text,
      order_by: `time ${page.order}`,
      page_size: page.size,
      skip: page.token === undefined ? page.skip : undefined,
      page_token: page.token,
      total_size: page.total ?? false,
      explain: page.explain,
    }, signal);
  }

  async count(asked: Asked, signal?: AbortSignal): Promise<number> {
    const answer = await this.get<Schemas["Count"]>("/events:count", { filter: asked.text }, signal);
    return answer.count;
  }

  histogram(asked: Asked, interval: Interval, by?: string, signal?: AbortSignal): Promise<Histogram> {
    return this.get("/events:histogram", { filter: asked.text, interval, by }, signal);
  }

  groups(asked: Asked, by: string, signal?: AbortSignal): Promise<Groups> {
    return this.get("/events:groups", { filter: asked.text, by }, signal);
  }

  facets(asked: Asked, by: readonly string[], size: number, signal?: AbortSignal): Promise<Facets> {
    return this.get("/events:facets", { filter: asked.text, by: by.join(","), page_size: size }, signal);
  }

  /** Events in the order of arrival. The filter has no time bounds: a tail goes on into the future. */
  tail(filter: string, after: number | "latest", wait: number, signal?: AbortSignal): Promise<Arrivals> {
    return this.get("/events:tail", { filter, after, wait, page_size: 1000 }, signal);
  }

  async event(id: string, signal?: AbortSignal): Promise<Told> {
    const answer = await this.send(`/events/${encodeURIComponent(id)}`, {}, signal);
    const text = await answer.text();
    return { event: parsed(text) as Event, text };
  }

  me(signal?: AbortSignal): Promise<Own> {
    return this.get("/me", {}, signal);
  }

  async keys(signal?: AbortSignal): Promise<KnownKey[]> {
    return (await this.get<Schemas["Keys"]>("/keys", {}, signal)).keys;
  }

  async createKey(key: NewKey, signal?: AbortSignal): Promise<CreatedKey> {
    const headers = { "Content-Type": "application/json" };
    const answer = await this.send("/keys", {}, signal, { method: "POST", body: JSON.stringify(key), headers });
    return (await answer.json()) as CreatedKey;
  }

  async revokeKey(id: string, signal?: AbortSignal): Promise<void> {
    await this.send(`/keys/${encodeURIComponent(id)}`, {}, signal, { method: "DELETE" });
  }

  /** One page of an export, as NDJSON. `next` is the token of the page after it. */
  async export(asked: Asked, order: "asc" | "desc", size: number, token?: string, signal?: AbortSignal): Promise<Exported> {
    const answer = await this.send("/events:export", {
      filter: asked.text, order_by: `time ${order}`, page_size: size, page_token: token,
    }, signal);
    const next = nextToken(answer.headers.get("Link"));
    const text = await answer.text();
    return next === undefined ? { text } : { text, next };
  }

  /** The time by the service's clock, once it has answered, in milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.skew;
  }

  private note(date: string | null): void {
    const skew = Date.parse(date ?? "") - Date.now();
    if (!Number.isNaN(skew)) this.skew = Math.abs(skew) > SKEW ? skew : 0;
  }

  private async get<T>(path: string, query: Record<string, Value>, signal?: AbortSignal): Promise<T> {
    const answer = await this.send(path, query, signal);
    return parsed(await answer.text()) as T;
  }

  private async send(
    path: string,
    query: Record<string, Value>,
    signal?: AbortSignal,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const token = this.token();
    // Before `fetch`, which also throws a TypeError if there is no network: this one means a bad key.
    const headers = new Headers({ ...init.headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) });
    const answer = await fetched(`/v1${path}${written(query)}`, {
      ...init, headers, cache: "no-store", signal: signal ?? null,
    });
    this.note(answer.headers.get("Date"));
    if (answer.ok) return answer;
    if (answer.status === 401) this.onRefused(token);
    throw await problem(answer);
  }
}

/** Whether an error only says that the request was given up. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function fetched(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new Offline("The service does not answer.", { cause: error });
  }
}

function written(query: Record<string, Value>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

async function problem(answer: Response): Promise<Problem> {
  const told = await body(answer);
  const seconds = Number(answer.headers.get("Retry-After") ?? "");
  return new Problem(
    answer.status,
    told.type ?? "about:blank",
    told.title ?? `Status ${answer.status}`,
    told.detail ?? "",
    told.parameter,
    told.column,
    seconds > 0 ? seconds : undefined,
  );
}

async function body(answer: Response): Promise<Partial<Schemas["Problem"]>> {
  try {
    return (await answer.json()) as Partial<Schemas["Problem"]>;
  } catch {
    return {};
  }
}

function nextToken(link: string | null): string | undefined {
  const address = /<([^>]*)>;\s*rel="?next"?/.exec(link ?? "")?.[1];
  if (address === undefined) return undefined;
  return new URL(address, "http://localhost").searchParams.get("page_token") ?? undefined;
}
