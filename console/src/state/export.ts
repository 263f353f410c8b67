import { signal } from "@preact/signals";
import { isAborted, Offline, Problem, type Event } from "../api/client";
import * as csv from "../model/csv";
import type { Order } from "../model/address";
import type { Question } from "../model/question";
import { shown } from "./columns";
import { api } from "./session";
import { question, view } from "./view";

export type Form = "csv" | "ndjson";

/** The export under way, and its progress; `total` is the exact number of events, if it is known. */
export interface Progress {
  is: "writing" | "done" | "cancelled" | "failed";
  written: number;
  total?: number;
  reason?: string;
}

const PAGE = 1000;
const progress = signal<Progress | undefined>(undefined);
let controller = new AbortController();

export const running = progress;

/** A place for the text: a file, or a text that becomes a file at the end. */
export interface Sink {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

interface Asked {
  question: Question;
  order: Order;
  columns: readonly string[];
  form: Form;
}

/** Write what the view shows now: its question, order and columns. */
export async function write(form: Form, sink: Sink): Promise<void> {
  controller = new AbortController();
  const { order } = view.value;
  const columns = shown.value;
  progress.value = { is: "writing", written: 0 };
  try {
    const written = await pages({ question: question.value, order, columns, form }, sink, controller.signal);
    await sink.close();
    progress.value = { ...progress.value, is: "done", written };
  } catch (error) {
    await sink.abort();
    progress.value = { ...progress.value, ...ended(error) };
  }
}

export function cancel(): void {
  controller.abort();
}

/** Forget how the last export went. */
export function reset(): void {
  cancel();
  progress.value = undefined;
}

async function pages(asked: Asked, sink: Sink, signal: AbortSignal): Promise<number> {
  const total = await counted(asked.question, signal);
  let written = 0;
  let token: string | undefined;
  if (asked.form === "csv") await sink.write(csv.head(asked.columns));
  do {
    const page = await api.export(asked.question, asked.order, PAGE, token, signal);
    const lines = page.text.split("\n").filter(Boolean);
    await sink.write(asked.form === "csv" ? rows(lines, asked.columns) : page.text);
    written += lines.length;
    progress.value = { is: "writing", written, ...(total === undefined ? {} : { total }) };
    token = page.next;
    signal.throwIfAborted();
  } while (token !== undefined);
  return written;
}

function rows(lines: readonly string[], columns: readonly string[]): string {
  return lines.map((line) => csv.row(JSON.parse(line) as Event, columns)).join("");
}

/** Return the exact number of events; undefined if the log refuses to count that many. */
async function counted(asked: Question, signal: AbortSignal): Promise<number | undefined> {
  try {
    return await api.count(asked, signal);
  } catch (error) {
    if (error instanceof Problem && error.isTooBroad) return undefined;
    throw error;
  }
}

function ended(error: unknown): Pick<Progress, "is" | "reason"> {
  if (isAborted(error)) return { is: "cancelled" };
  if (error instanceof Problem || error instanceof Offline) return { is: "failed", reason: error.message };
  if (error instanceof DOMException) return { is: "failed", reason: `The file cannot be written: ${error.message}` };
  throw error;
}
