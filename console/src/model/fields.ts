/** The fields that a filter can name, and what each one holds. */
export const FIELDS: readonly { name: string; meaning: string }[] = [
  { name: "type", meaning: "what happened" },
  { name: "actor.name", meaning: "who did it" },
  { name: "actor.id", meaning: "who did it" },
  { name: "actor.type", meaning: "what kind of actor" },
  { name: "target.name", meaning: "what it happened to" },
  { name: "target.id", meaning: "what it happened to" },
  { name: "target.type", meaning: "what kind of target" },
  { name: "message", meaning: "the text of the event" },
  { name: "severity", meaning: "how serious it is" },
  { name: "status", meaning: "how it ended" },
  { name: "project_id", meaning: "the project, or space" },
  { name: "organization_id", meaning: "the organization, or customer" },
  { name: "source", meaning: "where it comes from" },
  { name: "origin", meaning: "system or custom" },
  { name: "category", meaning: "a group of types" },
  { name: "time", meaning: "when it happened" },
  { name: "id", meaning: "the event's id" },
  { name: "seq", meaning: "its number in the order of arrival" },
  { name: "links", meaning: "a URL, in full" },
  { name: "data.", meaning: "a member of the data" },
  { name: "attributes.", meaning: "an attribute by its name" },
];

/** The operators, and what each one asks. */
export const OPERATORS: readonly { name: string; meaning: string }[] = [
  { name: "=", meaning: "is; * stands for any characters" },
  { name: "!=", meaning: "is not" },
  { name: ":", meaning: "contains, in any case" },
  { name: ":*", meaning: "has any value" },
  { name: ">=", meaning: "from" },
  { name: ">", meaning: "after" },
  { name: "<=", meaning: "up to" },
  { name: "<", meaning: "before" },
];

const TIMES = ["=", "!=", ">=", ">", "<=", "<"];

/** Return the names of the operators that a field takes. */
export function operatorsOf(field: string): readonly string[] {
  if (field === "time" || field === "seq") return TIMES;
  return field === "links" ? [":"] : OPERATORS.map(({ name }) => name);
}

export function isField(text: string): boolean {
  return /^(data|attributes)\../.test(text) || FIELDS.some(({ name }) => name === text);
}

/** Whether the log can list the values of a field. */
export function hasValues(field: string): boolean {
  const isOwn = FIELDS.some(({ name }) => name === field && !name.endsWith("."));
  return isOwn && !["time", "seq", "message", "links", "id"].includes(field);
}
