// What the filter editor suggests while you type: fields, operators, values with their counts, and
// filters that were asked before.

import {
  insertCompletionText,
  startCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import type { EditorView } from "@codemirror/view";
import { placeAt, valueText, type Place } from "../model/completion";
import { hasValues } from "../model/fields";
import { counted } from "../model/numbers";
import { suggestions, type Suggestion } from "../model/suggestions";
import { past } from "../state/history";
import { valuesOf } from "../state/values";

const PAST = { name: "Past filters", rank: 1 };
const FIELDS = { name: "Fields", rank: 2 };
const SHOWN = 5;

/** Return the suggestions at the cursor. */
export async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const text = context.state.doc.toString();
  const place = placeAt(text, context.pos);
  if (place.is === "value") return values(place, text.slice(place.from, context.pos), context);
  const found = suggestions(place).map((each, at) => option(each, place, at));
  const isEmpty = !text.trim();
  if (!context.explicit && !isEmpty && place.is === "join" && place.from === context.pos) return null;
  const options = isEmpty ? [...found, ...past.value.slice(0, SHOWN).map(pastOption)] : found;
  return { from: place.from, options, validFor: /^[\w.]*$/ };
}

type ValuePlace = Extract<Place, { is: "value" }>;

async function values(
  place: ValuePlace,
  typed: string,
  context: CompletionContext,
): Promise<CompletionResult | null> {
  if (!hasValues(place.field)) return null;
  const plain = typed.replace(/^["']/, "");
  const everything = await valuesOf(place.field, place.others);
  if (!everything.isAll && plain) await pause();
  if (context.aborted) return null;
  const narrower = everything.isAll || !plain ? undefined : `${place.field} : ${JSON.stringify(plain)}`;
  const found = narrower
    ? await valuesOf(place.field, [place.others, narrower].filter(Boolean).join(" AND "))
    : everything;
  if (context.aborted) return null;
  const wanted = plain.toLowerCase();
  const options = found.groups
    .filter(({ value }) => value?.toLowerCase().includes(wanted))
    .map(({ value, count }, at) => valueOption(value ?? "", count, at));
  return { from: place.from, options, filter: false };
}

/** Wait until the typing pauses: otherwise each letter would send a request. */
function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 200));
}

function option({ label, detail, text, kind, leadsOn }: Suggestion, place: Place, at: number): Completion {
  return {
    ...{ label, detail, type: kind, boost: -at, apply: written(text, leadsOn) },
    ...(place.is === "field" ? { section: FIELDS } : {}),
  };
}

function valueOption(value: string, count: number, at: number): Completion {
  return {
    label: value === "" ? "(none)" : value,
    detail: counted(count),
    boost: -at,
    apply: written(`${valueText(value)} `, false),
  };
}

function pastOption(filter: string, at: number): Completion {
  return { label: filter, section: PAST, boost: -at, apply: written(filter, false) };
}

/** Return a function that writes a text and a blank after it, and then suggests what follows. */
function written(text: string, leadsOn: boolean): Exclude<Completion["apply"], string | undefined> {
  return (view: EditorView, _completion: Completion, from: number, to: number) => {
    const end = text.endsWith(" ") && view.state.sliceDoc(to, to + 1) === " " ? to + 1 : to;
    view.dispatch(insertCompletionText(view.state, text, from, end));
    if (leadsOn) startCompletion(view);
  };
}
