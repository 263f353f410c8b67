// Times as whole microseconds since the epoch, UTC, as the log compares them. They need a bigint.

export const SECOND = 1_000_000n;
export const MILLISECOND = 1_000n;

const ISO_8601 =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?(?: ?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?$/;

/** Return the microseconds of an ISO 8601 text, as the log reads it; undefined for other texts. */
export function parse(text: string): bigint | undefined {
  const match = ISO_8601.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] = match;
  const at = new Date(0);
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (at.getUTCMonth() !== Number(month) - 1 || at.getUTCDate() !== Number(day)) return undefined;
  at.setUTCHours(Number(hour), Number(minute) - offset(zone), Number(second));
  return BigInt(at.getTime()) * MILLISECOND + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}

function offset(zone: string | undefined): number {
  if (!zone || !/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone[0] === "-" ? -minutes : minutes;
}

/** Return RFC 3339 in UTC, with a fraction of six digits if there is one. */
export function format(time: bigint): string {
  const fraction = time - floor(time, SECOND);
  const iso = new Date(Number((time - fraction) / MILLISECOND)).toISOString().slice(0, -5);
  return fraction ? `${iso}.${fraction.toString().padStart(6, "0")}Z` : `${iso}Z`;
}

/** Return the last multiple of a unit that is not after a time. */
export function floor(time: bigint, unit: bigint): bigint {
  const rest = time % unit;
  return time - (rest < 0n ? rest + unit : rest);
}

/** Return the first multiple of a unit that is not before a time. */
export function ceil(time: bigint, unit: bigint): bigint {
  return -floor(-time, unit);
}
