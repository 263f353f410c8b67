// What can come next at a place in a filter.

import { quote } from "./filter";
import { isField } from "./fields";
import { tokensOf, type Token } from "./tokens";

/** What can be at a place; `from` is the start of the text that a completion replaces. */
export type Place =
  | { is: "field"; from: number }
  | { is: "operator"; from: number; field: string }
  /** `others` is the filter that comes before this condition. */
  | { is: "value"; from: number; field: string; others: string }
  | { is: "join"; from: number; inList: boolean };

/** Return what can be at the cursor. */
export function placeAt(text: string, cursor: number): Place {
  const tokens = tokensOf(text.slice(0, cursor));
  const last = tokens.at(-1);
  const isTyping = last?.to === cursor && (last.kind === "text" || last.kind === "broken");
  const from = isTyping && last ? last.from : cursor;
  return next(text, isTyping ? tokens.slice(0, -1) : tokens, from);
}

function next(text: string, tokens: readonly Token[], from: number): Place {
  const last = tokens.at(-1);
  const list = openList(tokens);
  const compared = last?.kind === "operator" ? tokens.at(-2) : list;
  const isOpen = !last || ["open", "and", "or", "not", "operator"].includes(last.kind);
  if (isOpen && compared) {
    return { is: "value", from, field: compared.text, others: before(text.slice(0, compared.from)) };
  }
  if (isOpen) return { is: "field", from };
  if (last.kind === "text" && isField(last.text) && tokens.at(-2)?.kind !== "operator" && !list) {
    return { is: "operator", from, field: last.text };
  }
  return { is: "join", from, inList: list !== undefined };
}

/** Return the field whose list of values is open: `type = (a OR `. */
function openList(tokens: readonly Token[]): Token | undefined {
  const open: (Token | undefined)[] = [];
  tokens.forEach((token, at) => {
    if (token.kind === "close") open.pop();
    if (token.kind !== "open") return;
    open.push(tokens[at - 1]?.kind === "operator" ? tokens[at - 2] : open.at(-1));
  });
  return open.at(-1);
}

/** Return the conditions before a place that apply to everything after it; none inside parentheses. */
function before(text: string): string {
  const kept = text.replace(/(\s*(\bAND|\bNOT|-)\s*)+$/, "").trim();
  const kinds = tokensOf(kept).map(({ kind }) => kind);
  const depth = kinds.filter((kind) => kind === "open").length - kinds.filter((kind) => kind === "close").length;
  return depth === 0 && kinds.at(-1) !== "or" ? kept : "";
}

/** Return a value as a filter has it, in quotes only if it needs them. */
export function valueText(value: string): string {
  const isPlain = /^[A-Za-z0-9_@][\w@./+-]*$/.test(value);
  return isPlain && !/^(AND|OR|NOT|null)$/i.test(value) ? value : quote(value);
}
