import { both, equals, has, not, without } from "../model/filter";
import { navigate, view } from "./view";

/** What the filter says of a value of a field. */
export function standingOf(field: string, value: string): "only" | "not" | undefined {
  const condition = equals(field, value);
  if (has(view.value.filter, condition)) return "only";
  return has(view.value.filter, not(condition)) ? "not" : undefined;
}

/** Ask for events with this value only, or take that out of the filter again. */
export function only(field: string, value: string): void {
  put(equals(field, value), not(equals(field, value)));
}

/** Leave out events with this value, or take that out of the filter again. */
export function leaveOut(field: string, value: string): void {
  put(not(equals(field, value)), equals(field, value));
}

function put(condition: string, opposite: string): void {
  const { filter } = view.peek();
  const next = has(filter, condition) ? without(filter, condition) : both(without(filter, opposite), condition);
  navigate({ filter: next });
}
