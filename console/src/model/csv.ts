// CSV as RFC 4180 has it: lines end with CRLF, and a value with a comma, a quote or a line break is
// in quotes. A value that a spreadsheet would run as a formula has an apostrophe before it, because
// anybody who may store an event could have written it; all others are those of the log.

import { cell, column, type Event } from "./event";

/** Return the line with the names of the columns. */
export function head(columns: readonly string[]): string {
  return line(columns);
}

/** Return the line of an event: of each column the value that the list shows, times as the log has them. */
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

/** Whether a spreadsheet would calculate; numbers with a sign stay numbers. */
function isFormula(value: string): boolean {
  return /^[=+\-@\t\r]/.test(value) && !/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value);
}
