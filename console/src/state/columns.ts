import { signal } from "@preact/signals";
import { column } from "../model/event";

const STORED = "polylog-column-widths";
export const NARROWEST = 48;

function stored(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "{}") as Record<string, number>;
  } catch {
    return {};
  }
}

const widths = signal<Record<string, number>>(stored());

/** The width of a column in pixels: what the reader chose, in this browser. */
export function widthOf(name: string): number {
  return widths.value[name] ?? column(name).width;
}

export function widen(name: string, width: number): void {
  widths.value = { ...widths.value, [name]: Math.max(NARROWEST, Math.round(width)) };
  localStorage.setItem(STORED, JSON.stringify(widths.value));
}
