// The conditions of a filter that must all hold, in the few forms that other APIs know.

import { parse, type Node, type Op, type Value } from "./grammar";

/** A field has one of these values, or none of them. Any other condition has at least a name. */
export type Term =
  | OfValues
  | { is: "compared"; field: string; op: Op; value: string }
  | { is: "either"; terms: Node[] }
  | { is: "other"; name: string };

interface OfValues {
  is: "one of" | "none of";
  field: string;
  values: string[];
}

/** Terms that must all hold, and a range of time in microseconds: `since` is included, `until` is not. */
export interface Conjunction {
  terms: Term[];
  since?: bigint;
  until?: bigint;
}

const OPPOSITE: Readonly<Record<Op, Op | undefined>> = {
  "=": "!=",
  "!=": "=",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
  ":": undefined,
};

/** Return the terms of a filter; undefined if it has a mistake. */
export function conjunctionOf(text: string): Conjunction | undefined {
  const tree = parse(text);
  if (!tree) return undefined;
  const whole: Conjunction = { terms: [] };
  for (const term of flattened(tree)) add(whole, term);
  return whole;
}

/** Return whether no event can pass, because the terms contradict each other. */
export function isImpossible({ terms, since, until }: Conjunction): boolean {
  const isEmpty = since !== undefined && until !== undefined && since >= until;
  return isEmpty || terms.some((term) => term.is === "one of" && !term.values.length);
}

function flattened(node: Node): Node[] {
  if (node.is === "and") return node.terms.flatMap(flattened);
  if (node.is === "not") return negated(node.term);
  return [node];
}

function negated(node: Node): Node[] {
  if (node.is === "not") return flattened(node.term);
  if (node.is === "or") return node.terms.flatMap(negated);
  if (node.is !== "compare" || typeof node.value === "number") return [{ is: "not", term: node }];
  const op = OPPOSITE[node.op];
  const isRange = node.field === "time" && node.op === "=";
  return op && !isRange ? [{ ...node, op }] : [{ is: "not", term: node }];
}

function add(whole: Conjunction, node: Node): void {
  if (node.is === "compare" && typeof node.value === "bigint") addTime(whole, node.op, node.value);
  else merge(whole.terms, termOf(node));
}

function addTime(whole: Conjunction, op: Op, time: bigint): void {
  const after = op === ">" ? time + 1n : time;
  const before = op === "<=" || op === "=" ? time + 1n : time;
  if (op === "!=") whole.terms.push({ is: "other", name: "all times but one" });
  if (op === ">" || op === ">=" || op === "=") whole.since = later(whole.since, after);
  if (op === "<" || op === "<=" || op === "=") whole.until = earlier(whole.until, before);
}

function later(one: bigint | undefined, other: bigint): bigint {
  return one !== undefined && one > other ? one : other;
}

function earlier(one: bigint | undefined, other: bigint): bigint {
  return one !== undefined && one < other ? one : other;
}

function termOf(node: Node): Term {
  switch (node.is) {
    case "compare":
      return compared(node.field, node.op, node.value);
    case "pattern":
      return { is: "other", name: `wildcards in ${node.field}` };
    case "text":
      return { is: "other", name: "words anywhere in messages, ids and names" };
    case "or":
      return oneOf(node.terms) ?? { is: "either", terms: node.terms };
    default:
      return { is: "other", name: "NOT" };
  }
}

function compared(field: string, op: Op, value: Value): Term {
  if (typeof value !== "string") return { is: "other", name: `numbers in ${field}` };
  if (op === "=") return { is: "one of", field, values: [value] };
  if (op === "!=") return { is: "none of", field, values: [value] };
  return { is: "compared", field, op, value };
}

/** Return the values of an OR that compares one field with several values. */
function oneOf(nodes: Node[]): Term | undefined {
  const values = new Set<string>();
  const fields = new Set<string>();
  for (const node of nodes.flatMap((each) => (each.is === "or" ? each.terms : [each]))) {
    if (node.is !== "compare" || node.op !== "=" || typeof node.value !== "string") return undefined;
    fields.add(node.field);
    values.add(node.value);
  }
  const [field, another] = fields;
  if (field === undefined || another !== undefined) return undefined;
  return { is: "one of", field, values: [...values] };
}

/** Add a term; two about the values of the same field become one. */
function merge(terms: Term[], term: Term): void {
  if (term.is !== "one of" && term.is !== "none of") {
    terms.push(term);
    return;
  }
  const wanted = valuesTerm(terms, "one of", term.field);
  const unwanted = valuesTerm(terms, "none of", term.field);
  if (wanted) {
    const isIn = (value: string) => term.values.includes(value);
    wanted.values = wanted.values.filter((value) => isIn(value) === (term.is === "one of"));
  } else if (unwanted && term.is === "none of") {
    unwanted.values = [...new Set([...unwanted.values, ...term.values])];
  } else if (unwanted) {
    const values = term.values.filter((value) => !unwanted.values.includes(value));
    terms.splice(terms.indexOf(unwanted), 1, { ...term, values });
  } else {
    terms.push({ ...term, values: [...term.values] });
  }
}

function valuesTerm(terms: Term[], is: OfValues["is"], field: string): OfValues | undefined {
  return terms.find((term): term is OfValues => term.is === is && term.field === field);
}
