import { signal } from "@preact/signals";

/** What is open over the page. One dialog at a time. */
export type Dialog = "help" | "share" | "export" | "explanation" | "time" | "jump" | "columns" | "facets";

export const dialog = signal<Dialog | undefined>(undefined);

export function open(name: Dialog): void {
  dialog.value = name;
}

export function close(): void {
  dialog.value = undefined;
}
