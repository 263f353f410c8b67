import { anyOf, both, choiceOf, equals, has, not, without } from "../model/filter";
import { navigate, view } from "./view";

/** What the filter says about a value of a field. */
export function standingOf(field: string, value: string): "only" | "not" | undefined {
  if (chosen(field).includes(value)) return "only";
  return has(view.value.filter, not(equals(field, value))) ? "not" : undefined;
}

/** The values that the filter allows a field to have. */
export function chosen(field: string): readonly string[] {
  return choiceOf(view.value.filter, field)?.values ?? [];
}

/** Ask only for events with this value; if the filter does so already, remove that condition. */
export function only(field: string, value: string): void {
  if (chosen(field).includes(value)) also(field, value);
  else navigate({ filter: both(without(view.peek().filter, not(equals(field, value))), equals(field, value)) });
}

/** Add this value to the chosen ones; if it is among them already, remove it. */
export function also(field: string, value: string): void {
  const { filter } = view.peek();
  const choice = choiceOf(filter, field);
  const before = choice?.values ?? [];
  const values = before.includes(value) ? before.filter((each) => each !== value) : [...before, value];
  const others = without(choice ? without(filter, choice.term) : filter, not(equals(field, value)));
  navigate({ filter: values.length ? both(others, anyOf(field, values)) : others });
}

/** Leave out events with this value; if the filter does so already, remove that condition. */
export function leaveOut(field: string, value: string): void {
  const { filter } = view.peek();
  const choice = choiceOf(filter, field);
  const isChosen = choice?.values.includes(value) ?? false;
  const condition = not(equals(field, value));
  if (choice && isChosen && choice.values.length > 1) also(field, value);
  else if (has(filter, condition)) navigate({ filter: without(filter, condition) });
  else navigate({ filter: both(choice && isChosen ? without(filter, choice.term) : filter, condition) });
}
