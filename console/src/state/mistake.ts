import { computed } from "@preact/signals";
import { head } from "./rows";

/** What is wrong with the filter; `column` counts from 1. */
export interface Mistake {
  reason: string;
  column?: number;
}

/** What the log said about the filter of the view, once it has answered. */
export const mistake = computed<Mistake | undefined>(() => {
  const trouble = head.trouble.value;
  if (head.isAsking.value || trouble?.kind !== "refused") return undefined;
  const { parameter, detail, title, column } = trouble.problem;
  if (parameter !== "filter" || trouble.problem.isTooBroad) return undefined;
  const reason = (detail || title).replace(/^filter column \d+: /, "");
  return { reason, ...(column === undefined ? {} : { column }) };
});
