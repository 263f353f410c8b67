const COUNT = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A count in full: `1,204,553`. */
export function counted(count: number): string {
  return COUNT.format(count);
}

/** A count for an axis: `1.2M`. */
export function rough(count: number): string {
  return SHORT.format(count);
}

/** `1 event`, `2 events`. */
export function events(count: number): string {
  return `${counted(count)} ${count === 1 ? "event" : "events"}`;
}
