import type { Event } from "../api/client";
import { path } from "./filter";

export type { Event } from "../api/client";

/** A column that the list can show. */
export interface Column {
  name: string;
  title: string;
  /** The width in pixels, unless the reader changed it. */
  width: number;
  /** Whether it becomes wider if there is room. */
  isElastic: boolean;
  /** The fields whose values it shows, for filters. It shows the first that has a value. */
  fields: readonly string[];
}

export const COLUMNS: readonly Column[] = [
  { name: "time", title: "Time", width: 184, isElastic: false, fields: ["time"] },
  { name: "severity", title: "Severity", width: 84, isElastic: false, fields: ["severity"] },
  { name: "type", title: "Type", width: 220, isElastic: true, fields: ["type"] },
  { name: "actor", title: "Actor", width: 140, isElastic: true, fields: ["actor.name", "actor.id"] },
  { name: "target", title: "Target", width: 160, isElastic: true, fields: ["target.name", "target.id"] },
  { name: "message", title: "Message", width: 420, isElastic: true, fields: ["message"] },
  { name: "status", title: "Status", width: 90, isElastic: false, fields: ["status"] },
  { name: "origin", title: "Origin", width: 80, isElastic: false, fields: ["origin"] },
  { name: "source", title: "Source", width: 140, isElastic: true, fields: ["source"] },
  { name: "category", title: "Category", width: 110, isElastic: false, fields: ["category"] },
  { name: "project_id", title: "Project", width: 180, isElastic: true, fields: ["project_id"] },
  { name: "organization_id", title: "Organization", width: 180, isElastic: true, fields: ["organization_id"] },
  { name: "actor.id", title: "Actor id", width: 180, isElastic: true, fields: ["actor.id"] },
  { name: "actor.type", title: "Actor type", width: 100, isElastic: false, fields: ["actor.type"] },
  { name: "target.id", title: "Target id", width: 180, isElastic: true, fields: ["target.id"] },
  { name: "target.type", title: "Target type", width: 100, isElastic: false, fields: ["target.type"] },
  { name: "seq", title: "Number", width: 90, isElastic: false, fields: ["seq"] },
  { name: "id", title: "Id", width: 290, isElastic: false, fields: ["id"] },
];

/** The column of a name: one of the event's members, or a path in `data` or `attributes`. */
export function column(name: string): Column {
  const known = COLUMNS.find((each) => each.name === name);
  return known ?? { name, title: name, width: 160, isElastic: true, fields: [name] };
}

/** The field that a column shows of this event, and its value; an empty value if it has none. */
export function cell(event: Event, { fields }: Column): { field: string; value: string } {
  const found = fields.find((field) => value(event, field) !== "") ?? fields[0] ?? "";
  return { field: found, value: value(event, found) };
}

/** The text of a field of an event; empty if it lacks it. */
export function value(event: Event, field: string): string {
  let at: unknown = event;
  for (const step of steps(field)) {
    if (typeof at !== "object" || at === null) return "";
    at = (at as Record<string, unknown>)[step];
  }
  return shown(at);
}

/** The steps of a path: `data."a.b".c` has three. */
export function steps(field: string): string[] {
  const found = field.match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? [];
  return found.map((step) => (step.startsWith('"') ? (JSON.parse(step) as string) : step));
}

function shown(found: unknown): string {
  if (found === undefined || found === null) return "";
  return typeof found === "object" ? JSON.stringify(found) : String(found);
}

/** A line of the open event: a field that a filter can name, and its value. */
export interface Line {
  field: string;
  value: string;
}

const OWN = [
  "time", "type", "severity", "status", "message", "actor.id", "actor.type", "actor.name",
  "target.id", "target.type", "target.name", "organization_id", "project_id", "category",
  "origin", "source", "id", "seq",
];

/** The members of an event that have values, in an order that is useful to a reader. */
export function lines(event: Event): Line[] {
  const own = OWN.map((field) => ({ field, value: value(event, field) }));
  const links = (event.links ?? []).map((link) => ({ field: "links", value: link }));
  return [...own, ...links, ...leaves(["data"], event.data), ...leaves(["attributes"], event.attributes)]
    .filter((line) => line.value !== "");
}

function leaves(to: string[], at: unknown): Line[] {
  if (typeof at !== "object" || at === null || Array.isArray(at)) return [{ field: path(...to), value: shown(at) }];
  return Object.entries(at).flatMap(([step, below]) => leaves([...to, step], below));
}
