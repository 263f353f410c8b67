import { computed } from "@preact/signals";
import { sought } from "../model/filter";
import { highlight } from "../model/highlight";
import { view } from "../state/view";

const asked = computed(() => sought(view.value.filter));

/** The text of a field, with marks on what the filter asked for. */
export function Marked({ field, text }: { field: string; text: string }) {
  if (asked.value.length === 0) return <>{text}</>;
  return <>{highlight(text, field, asked.value).map((piece, at) => (piece.isFound ? <mark key={at}>{piece.text}</mark> : piece.text))}</>;
}
