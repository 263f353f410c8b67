import type { View } from "./address";
import { both, choiceOf, without } from "./filter";
import { bounds } from "./times";

/** What the page asks: a filter, and a window of time that stays the same until a refresh. */
export interface Question {
  /** The filter without the time. */
  readonly filter: string;
  /** Included; undefined if the window has no beginning. */
  readonly since?: string;
  /** Excluded. */
  readonly until: string;
  /** The whole filter, time bounds included. */
  readonly text: string;
  /** When the window was fixed, in milliseconds since the epoch. */
  readonly asOf: number;
}

/** The question of a view. A relative range becomes the times that it means now; all time can end at `end`. */
export function fix(view: Pick<View, "filter" | "time">, nowMs: number, end?: string): Question {
  const { since, until } = bounds(view.time, nowMs);
  return asked(view.filter, since, ("all" in view.time && end) || until, nowMs);
}

/** The question about a filter between two times. */
export function asked(filter: string, since: string | undefined, until: string, asOf: number): Question {
  const from = since === undefined ? "" : `time >= ${since}`;
  const text = both(both(filter, from), `time < ${until}`);
  return { filter, until, text, asOf, ...(since === undefined ? {} : { since }) };
}

/** The question without the condition on one field. */
export function apart(question: Question, field: string): Question {
  const choice = choiceOf(question.filter, field);
  if (!choice) return question;
  return asked(without(question.filter, choice.term), question.since, question.until, question.asOf);
}

/** The question about a part of the window. */
export function within(question: Question, since: string | undefined, until: string): Question {
  return asked(question.filter, since, until, question.asOf);
}
