// What the modules of this folder share: how to ask an API a question, or why that is not possible.

import { both } from "../filter";
import * as micros from "../micros";
import type { Conjunction, Term } from "../terms";

/** A question: `text` is its whole filter, `last` the length of a range that ends now, in seconds. */
export interface Asked extends Conjunction {
  text: string;
  order: "asc" | "desc";
  last?: number;
}

/** Where the log is, and whether its key is limited to a part of it. */
export interface Place {
  origin: string;
  scope: string;
  isConfined: boolean;
  now: bigint;
}

/** Events that the commands find although nobody asked for them, or miss: a filter for them, and words. */
export interface Difference {
  filter: string;
  what: string;
}

/** Commands that together find the events. If no event is in a difference, they find exactly those. */
export interface Commands {
  commands: string[];
  differences: Difference[];
  notes: string[];
}

/** The parts of the question that an API cannot ask for. */
export interface Cannot {
  cannot: string[];
}

export interface Api {
  name: string;
  title: string;
  write(asked: Asked, place: Place): Commands | Cannot;
}

export type Parameter = [name: string, value: string];

/** Takes out the terms of a question that an API can ask for. It cannot ask for the rest. */
export class Terms {
  private open: Term[];
  private readonly reasons: string[] = [];

  constructor(terms: readonly Term[]) {
    this.open = [...terms];
  }

  /** Take the values that a field may have, if the API accepts each of them. */
  oneOf(field: string, takes: (value: string) => boolean = () => true): string[] | undefined {
    return this.values("one of", field, takes);
  }

  noneOf(field: string): string[] | undefined {
    return this.values("none of", field, () => true);
  }

  /** Take the only value that a field may have. */
  one(field: string, takes: (value: string) => boolean = isFilled): string | undefined {
    const term = this.open.find((each) => each.is === "one of" && each.field === field);
    if (term?.is === "one of" && term.values.length > 1) {
      return this.refuse(term, `more than one ${field} at once`);
    }
    return this.values("one of", field, takes)?.[0];
  }

  private values(
    is: "one of" | "none of",
    field: string,
    takes: (value: string) => boolean,
  ): string[] | undefined {
    const term = this.open.find((each) => each.is === is && each.field === field);
    if (term?.is !== "one of" && term?.is !== "none of") return undefined;
    const refused = term.values.find((value) => !takes(value));
    if (refused !== undefined) return this.refuse(term, `${field} = ${JSON.stringify(refused)}`);
    this.close(term);
    return term.values;
  }

  /** Take the first term that fits. */
  take<T>(fits: (term: Term) => T | undefined): T | undefined {
    for (const term of this.open) {
      const found = fits(term);
      if (found === undefined) continue;
      this.close(term);
      return found;
    }
    return undefined;
  }

  private refuse(term: Term, reason: string): undefined {
    this.close(term);
    this.reasons.push(reason);
  }

  private close(term: Term): void {
    this.open = this.open.filter((each) => each !== term);
  }

  /** The terms that the API cannot ask for. */
  get left(): string[] {
    return [...new Set([...this.reasons, ...this.open.map(name)])];
  }
}

export function isFilled(value: string): boolean {
  return value !== "";
}

function name(term: Term): string {
  switch (term.is) {
    case "one of":
      return term.values.join() ? term.field : `events without ${term.field}`;
    case "none of":
      return term.values.join() ? `other values of ${term.field}` : `events with any ${term.field}`;
    case "compared":
      return term.op === ":" ? `parts of ${term.field}` : `${term.field} ${term.op}`;
    case "either":
      return "OR of different fields";
    default:
      return term.name;
  }
}

/** The times of a question for an API that knows only whole units of time. */
export interface Whole {
  since?: bigint;
  until?: bigint;
  differences: Difference[];
}

/** Return times in whole units that lie within those of the question. */
export function whole({ since, until, text }: Asked, unit: bigint, called: string): Whole {
  const what = `within the ${called} at which the time range`;
  const result: Whole = { differences: [] };
  if (since !== undefined) {
    const first = (result.since = micros.ceil(since, unit));
    const filter = both(text, `time < ${micros.format(first)}`);
    if (first !== since) result.differences.push({ filter, what: `${what} begins` });
  }
  if (until !== undefined) {
    const end = (result.until = micros.floor(until, unit));
    const filter = both(text, `time >= ${micros.format(end)}`);
    if (end !== until) result.differences.push({ filter, what: `${what} ends` });
  }
  return result;
}

export function bearer(scheme: string): string {
  return `Authorization: ${scheme} $TOKEN`;
}

export const PAGE = "100";
