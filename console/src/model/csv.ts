// CSV after RFC 4180: lines end with CRLF, and a value with a comma, a quote or a line break is in
// quotes. A value that a spreadsheet would run as a formula gets an apostrophe in front, because
// anyone who may store events could have written it. All other values are as in the log.

import { cell, column, type Event } from "./event";

/** Return the line with the names of the columns. */
export function head(columns: readonly string[]): string {
  return line(columns);
}

/** Return the line of an event: for each column the value that the list shows, with times as in the log. */
export function row(event: Event, columns: readonly string[]): string {
  return line(columns.map((name) => cell(event, column(name)).value));
}

function line(values: readonly string[]): string {
  return `${values.map(quoted).join(",")}\r\n`;
}

function quoted(value: string): string {
  const safe = isFormula(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Whether a spreadsheet would run the value as a formula; a number with a sign is not one. */
function isFormula(value: string): boolean {
  return /^[=+\-@\t\r]/.test(value) && !/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value);
}
