import { signal, type ReadonlySignal } from "@preact/signals";

function matching(query: string): ReadonlySignal<boolean> {
  const list = matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener("change", () => (matches.value = list.matches));
  return matches;
}

/** A phone: rows are cards, and the event and the facets are sheets over the list. */
export const isPhone = matching("(max-width: 640px)");

/** Too narrow to show facets, list and event side by side. */
export const isNarrow = matching("(max-width: 1100px)");

export const isDark = matching("(prefers-color-scheme: dark)");
