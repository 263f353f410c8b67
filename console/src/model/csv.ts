// CSV as RFC 4180 has it: lines end with CRLF, and a value with a comma, a quote or a line break is
// in quotes. Values are those of the log: none is changed for a spreadsheet.

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
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
