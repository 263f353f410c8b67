import { computed } from "@preact/signals";
import { isOpen } from "../model/filter";
import { head } from "./rows";
import { question } from "./view";

/** What is wrong with the filter; `column` counts from 1. */
export interface Mistake {
  text: string;
  column?: number;
}

/** What the log says about the filter of the view, once it has answered. */
export const mistake = computed<Mistake | undefined>(() => {
  const trouble = head.trouble.value;
  if (head.isAsking.value || trouble?.kind !== "refused") return undefined;
  const { parameter, detail, title, column } = trouble.problem;
  if (parameter !== "filter" || trouble.problem.isTooBroad) return undefined;
  const reason = (detail || title).replace(/^filter column \d+: /, "");
  if (column === undefined) return { text: reason };
  const length = [...question.value.filter].length;
  if (column > length) return { text: tooShort(question.value.filter, reason), column: length };
  return { text: `Column ${column}: ${reason}`, column };
});

/** The page adds times after the filter. If the log reports a mistake there, the reader's filter ends too early. */
function tooShort(filter: string, reason: string): string {
  const [, missing] = /there must be (a .*?) here/.exec(reason) ?? [];
  const wanted = isOpen(filter) ? "a ')'" : missing;
  return `The filter ends too early${wanted === undefined ? "" : `: ${wanted} must follow`}`;
}
