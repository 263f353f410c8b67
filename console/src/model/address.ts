import { length, type Range, type Zone } from "./times";

export type { Range, Zone } from "./times";

export type Order = "desc" | "asc";
export const STACKS = ["type", "severity", "origin", "status", "source", "actor.name", "target.name", "project_id", "organization_id"] as const;
export type Stack = (typeof STACKS)[number];

/** Everything that the view consists of. It is all in the address. A key never is. */
export interface View {
  filter: string;
  time: Range;
  zone: Zone;
  order: Order;
  stack: Stack;
  columns: readonly string[];
  dense: boolean;
  /** The id of the open event. */
  event?: string | undefined;
  /** The row at the top of the list, counted from 0. */
  row?: number | undefined;
  tail: boolean;
  page: "events" | "keys";
}

export const DEFAULT: View = {
  filter: "",
  time: { last: "7d" },
  zone: "utc",
  order: "desc",
  stack: "type",
  columns: ["time", "severity", "type", "actor", "target", "message"],
  dense: true,
  tail: false,
  page: "events",
};

/** The view of an address. What is missing or wrong in the address gets its default. */
export function read(url: URL): View {
  const query = url.searchParams;
  const row = Number(query.get("row"));
  const event = query.get("event");
  return {
    filter: query.get("filter") ?? DEFAULT.filter,
    time: readRange(query),
    zone: query.get("zone") === "local" ? "local" : DEFAULT.zone,
    order: query.get("order") === "asc" ? "asc" : DEFAULT.order,
    stack: STACKS.find((stack) => stack === query.get("stack")) ?? DEFAULT.stack,
    columns: query.get("columns")?.split(",").filter(Boolean) ?? DEFAULT.columns,
    dense: query.get("rows") !== "wide",
    tail: query.get("tail") === "on",
    page: query.get("page") === "keys" ? "keys" : DEFAULT.page,
    ...(event ? { event } : {}),
    ...(Number.isSafeInteger(row) && row > 0 ? { row } : {}),
  };
}

function readRange(query: URLSearchParams): Range {
  const [last, since, until] = [query.get("last"), query.get("since"), query.get("until")];
  if (last === "all") return { all: true };
  if (last !== null && length(last) !== undefined) return { last };
  if (since === null || Number.isNaN(Date.parse(since))) return DEFAULT.time;
  return until === null || Number.isNaN(Date.parse(until)) ? { since } : { since, until };
}

function writeRange(range: Range): [string, string][] {
  if ("all" in range) return [["last", "all"]];
  if ("last" in range) return [["last", range.last]];
  return [["since", range.since], ...(range.until === undefined ? [] : [["until", range.until] as [string, string]])];
}

/** The address of a view, after the host: `/?filter=…`. Defaults are left out. */
export function write(view: View): string {
  const pairs: [string, string, string][] = [
    ["filter", view.filter, DEFAULT.filter],
    ["zone", view.zone, DEFAULT.zone],
    ["order", view.order, DEFAULT.order],
    ["stack", view.stack, DEFAULT.stack],
    ["columns", view.columns.join(","), DEFAULT.columns.join(",")],
    ["rows", view.dense ? "" : "wide", ""],
    ["tail", view.tail ? "on" : "", ""],
    ["page", view.page, DEFAULT.page],
    ["event", view.event ?? "", ""],
    ["row", view.row ? String(view.row) : "", ""],
  ];
  const changed = pairs.filter(([, value, usual]) => value !== usual).map(([name, value]) => [name, value]);
  const range = JSON.stringify(view.time) === JSON.stringify(DEFAULT.time) ? [] : writeRange(view.time);
  const query = new URLSearchParams([...changed, ...range]).toString();
  return query ? `/?${query}` : "/";
}
