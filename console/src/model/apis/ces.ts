// Cloud Eye's details: the occurrences of one event, by name and origin.

import * as micros from "../micros";
import { curl } from "../shell";
import { PAGE, Terms, whole, type Api, type Asked, type Cannot, type Parameter } from "./api";
import { newestFirst } from "./dws";

const EVENT_TYPES: Readonly<Record<string, string>> = {
  system: "EVENT.SYS",
  custom: "EVENT.CUSTOM",
};
const NAMES: Readonly<Record<string, string>> = {
  source: "event_source",
  severity: "event_level",
  "actor.name": "event_user",
  status: "event_state",
};
const LATEST = 10n ** 13n;

export const ces: Api = {
  name: "ces",
  title: "Cloud Eye",
  write(asked, { origin, scope }) {
    const terms = new Terms(asked.terms);
    const type = terms.one("type", isInPath);
    const origins = terms.oneOf("origin", (value) => value in EVENT_TYPES);
    const parameters = chosen(terms);
    const { differences, ...times } = whole(asked, micros.MILLISECOND, "millisecond");
    const range = rangeOf(times);
    const cannot = [...terms.left, ...("cannot" in range ? range.cannot : [])];
    if (type === undefined && !cannot.some(isOfType)) cannot.push("more than one type at once");
    if (cannot.length || type === undefined || "cannot" in range) return { cannot };
    const url = `${origin}/V1.0/${scope}/event/${encodeURIComponent(type)}`;
    const commands = (origins ?? Object.keys(EVENT_TYPES)).map((each) =>
      curl("X-Auth-Token: $TOKEN", url, [
        ["event_type", EVENT_TYPES[each] ?? ""],
        ...parameters,
        ...range.parameters,
        ["limit", PAGE],
      ]),
    );
    return { commands, differences, notes: newestFirst(asked.order) };
  },
};

type Times = Pick<Asked, "since" | "until">;

function isOfType(reason: string): boolean {
  return /(?<!\.)\btype\b/.test(reason);
}

function chosen(terms: Terms): Parameter[] {
  return Object.entries(NAMES).flatMap(([field, name]): Parameter[] => {
    const value = terms.one(field);
    return value === undefined ? [] : [[name, value]];
  });
}

/** Return both ends of the range, which the API includes, in milliseconds since 1970. */
function rangeOf({ since, until }: Times): { parameters: Parameter[] } | Cannot {
  const first = since === undefined ? undefined : since / micros.MILLISECOND;
  const last = until === undefined ? undefined : until / micros.MILLISECOND - 1n;
  const outside = (time: bigint | undefined) => time !== undefined && (time < 0n || time >= LATEST);
  if (outside(first) || outside(last)) return { cannot: ["times before 1970 or after 2286"] };
  if (first !== undefined && last !== undefined && last <= first) {
    return { cannot: ["a range of a millisecond"] };
  }
  const parameters: Parameter[] = [];
  if (first !== undefined) parameters.push(["from", `${first}`]);
  if (last !== undefined) parameters.push(["to", `${last}`]);
  return { parameters };
}

/** Whether the event's name can be in a path: a gateway cuts it at a `?`, and reads dots as folders. */
function isInPath(type: string): boolean {
  return !type.includes("?") && type.split("/").every((part) => !["", ".", ".."].includes(part));
}
