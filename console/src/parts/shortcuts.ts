import { dialog, open } from "../state/panels";
import * as rows from "../state/rows";
import { close, open as openRow, select, selected } from "../state/selection";
import { standing } from "../state/session";
import * as tail from "../state/tail";
import { refresh, view } from "../state/view";

function walk(by: number): void {
  const at = selected.peek();
  select(at === undefined ? 0 : Math.min(at + by, rows.count.peek() - 1));
}

/** What keys do anywhere on the page, except while the reader types. The filter handles `/` itself. */
const KEYS: Readonly<Record<string, () => void>> = {
  j: () => walk(1),
  k: () => walk(-1),
  Enter: () => selected.peek() !== undefined && void openRow(selected.peek() ?? 0),
  Escape: close,
  t: tail.toggle,
  g: () => open("jump"),
  r: () => refresh(),
  "?": () => open("help"),
};

/** Keys that buttons and links use themselves. */
const PRESSED = "button, a, summary, [role=tab], [role=slider], [role=separator]";
const WRITTEN = "input, textarea, select, [contenteditable]";

/** Listen to the keys of the whole page. */
export function listen(): () => void {
  const press = (event: KeyboardEvent) => {
    const act = KEYS[event.key];
    // The filter's editor is in a shadow root, so the event's real target is the first of its path.
    const target = event.composedPath()[0] as Element;
    if (!act || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (standing.peek() !== "in" || dialog.peek() !== undefined || target.closest(WRITTEN)) return;
    if (event.key === "Enter" && target.closest(PRESSED)) return;
    if (view.peek().page !== "events" && event.key !== "?") return;
    event.preventDefault();
    act();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
