// The texts that the filter editor suggests. Values come from the log, in another module.

import type { Place } from "./completion";
import { FIELDS, OPERATORS, operatorsOf } from "./fields";

export interface Suggestion {
  label: string;
  detail: string;
  /** The text to write, if it is not the label. */
  text: string;
  kind: "field" | "operator" | "word" | "value" | "past";
  /** Whether there are more suggestions after it. */
  leadsOn: boolean;
}

const JOINS = [
  { label: "AND", detail: "both conditions hold" },
  { label: "OR", detail: "at least one holds; it binds closer than AND" },
];
const NEGATION: Suggestion = {
  label: "NOT",
  detail: "the condition does not hold",
  text: "NOT ",
  kind: "word",
  leadsOn: true,
};

/** Return what can come at a place where no value can. */
export function suggestions(place: Exclude<Place, { is: "value" }>): Suggestion[] {
  switch (place.is) {
    case "field":
      return [...FIELDS.map(ofField), NEGATION];
    case "operator":
      return operators(place.field);
    case "join":
      return JOINS.filter(({ label }) => label === "OR" || !place.inList).map(({ label, detail }) => ({
        ...{ label, detail, text: `${label} `, kind: "word", leadsOn: true },
      }));
  }
}

function ofField({ name, meaning }: (typeof FIELDS)[number]): Suggestion {
  const text = name.endsWith(".") ? name : `${name} `;
  return { label: name, detail: meaning, text, kind: "field", leadsOn: !name.endsWith(".") };
}

function operators(field: string): Suggestion[] {
  const taken = operatorsOf(field);
  return OPERATORS.filter(({ name }) => taken.includes(name)).map(({ name, meaning }) => ({
    label: name,
    detail: meaning,
    text: `${name} `,
    kind: "operator",
    leadsOn: true,
  }));
}
