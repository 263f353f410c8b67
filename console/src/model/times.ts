/** When the events happened: in the last hours or days, between two times, or at any time. */
export type Range = { last: string } | { since: string; until?: string } | { all: true };
export type Zone = "utc" | "local";

/** Half-open, ISO 8601 in UTC: `until` is excluded. */
export interface Bounds {
  since?: string;
  until: string;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const PRESETS: readonly { last: string; name: string }[] = [
  { last: "15m", name: "Last 15 minutes" },
  { last: "1h", name: "Last hour" },
  { last: "6h", name: "Last 6 hours" },
  { last: "24h", name: "Last 24 hours" },
  { last: "7d", name: "Last 7 days" },
  { last: "30d", name: "Last 30 days" },
  { last: "90d", name: "Last 90 days" },
];

/** The day some days ago, from midnight to midnight in a zone. */
export function dayAgo(days: number, zone: Zone, nowMs: number): Range {
  return { since: midnight(days, zone, nowMs), until: midnight(days - 1, zone, nowMs) };
}

function midnight(daysBack: number, zone: Zone, nowMs: number): string {
  const at = new Date(nowMs);
  return iso(zone === "utc"
    ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() - daysBack)
    : new Date(at.getFullYear(), at.getMonth(), at.getDate() - daysBack).getTime());
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** The milliseconds of a length like `90s`, `15m`, `6h`, `90d` or `2w`, undefined if it is not one. */
export function length(last: string): number | undefined {
  const found = /^([1-9]\d{0,4})([smhdw])$/.exec(last);
  return found ? Number(found[1]) * (UNITS[found[2] ?? ""] ?? 0) : undefined;
}

/** The absolute bounds of a range. A relative one starts at a whole minute, which costs less to count. */
export function bounds(range: Range, nowMs: number): Bounds {
  const now = iso(nowMs);
  if ("since" in range) return { since: range.since, until: range.until ?? now };
  if ("all" in range) return { until: now };
  const since = nowMs - (length(range.last) ?? DAY);
  return { since: iso(Math.floor(since / MINUTE) * MINUTE), until: now };
}

/** The time as the service reads it: UTC, to the millisecond, whole seconds without a fraction. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** The name of a range, as a button shows it. */
export function nameOf(range: Range, zone: Zone): string {
  if ("all" in range) return "All time";
  if ("last" in range) return PRESETS.find((each) => each.last === range.last)?.name ?? `Last ${range.last}`;
  const until = range.until === undefined ? "now" : short(range.until, zone);
  return `${short(range.since, zone)} – ${until}`;
}

interface Parts {
  date: string;
  time: string;
  seconds: string;
  fraction: string;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function year(number: number): string {
  return String(number).padStart(4, "0");
}

function parts(time: string, zone: Zone): Parts {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  const at = new Date(time);
  if (zone === "utc") {
    const text = at.toISOString();
    return { date: text.slice(0, 10), time: text.slice(11, 16), seconds: text.slice(17, 19), fraction };
  }
  return {
    date: `${year(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}`,
    seconds: two(at.getSeconds()),
    fraction,
  };
}

/** A time to the millisecond: `2026-03-01 12:00:00.250`. */
export function full(time: string, zone: Zone): string {
  const { date, time: clock, seconds, fraction } = parts(time, zone);
  return `${date} ${clock}:${seconds}.${fraction.padEnd(3, "0").slice(0, 3)}`;
}

/** A time to the microsecond, with its zone: `2026-03-01 12:00:00.250000 UTC`. */
export function exact(time: string, zone: Zone): string {
  const { date, time: clock, seconds, fraction } = parts(time, zone);
  return `${date} ${clock}:${seconds}${fraction && `.${fraction}`} ${zoneName(zone, time)}`;
}

/** A time to the second, or to the minute where its seconds are zero. */
export function short(time: string, zone: Zone): string {
  const { date, time: clock, seconds } = parts(time, zone);
  return seconds === "00" ? `${date} ${clock}` : `${date} ${clock}:${seconds}`;
}

/** `UTC`, or the offset from it at that time, like `UTC+02:00`. */
export function zoneName(zone: Zone, time?: string): string {
  if (zone === "utc") return "UTC";
  const minutes = -(time === undefined ? new Date() : new Date(time)).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** The time that a person wrote, in a zone, as ISO 8601 in UTC: a date, a word or a length. Undefined if it is not a time. */
export function read(text: string, zone: Zone, nowMs: number): string | undefined {
  const word = text.trim().toLowerCase();
  const back = length(word);
  if (back !== undefined) return iso(nowMs - back);
  const days = daysBack(word, zone, nowMs);
  return days === undefined ? readDate(text, zone) : midnight(days, zone, nowMs);
}

/** How many days ago `today`, `yesterday` or the latest day of that name was. */
function daysBack(word: string, zone: Zone, nowMs: number): number | undefined {
  const named = ["today", "yesterday"].indexOf(word);
  if (named >= 0) return named;
  const weekday = WEEKDAYS.indexOf(word);
  const at = new Date(nowMs);
  const today = zone === "utc" ? at.getUTCDay() : at.getDay();
  return weekday < 0 ? undefined : (today - weekday + 7) % 7;
}

function readDate(text: string, zone: Zone): string | undefined {
  const found = /^\s*(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:\.\d{1,6})?))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?\s*$/i.exec(text);
  if (!found) return undefined;
  const [, date = "", clock = "00:00", seconds = "00", offset] = found;
  const there = offset === undefined ? (zone === "utc" ? "Z" : "") : /^(z|utc)$/i.test(offset) ? "Z" : offset;
  const at = new Date(`${date}T${clock}:${seconds}${there}`);
  return Number.isNaN(at.getTime()) ? undefined : iso(at.getTime());
}

/** How long ago a time was, in words: `3 min ago`. */
export function ago(time: string, nowMs: number): string {
  const passed = nowMs - Date.parse(time);
  if (passed < 0) return `in ${span(-passed)}`;
  return passed < 1000 ? "now" : `${span(passed)} ago`;
}

/** A length of time in its largest unit: `3 min`. */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / 1000))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} days`;
}
