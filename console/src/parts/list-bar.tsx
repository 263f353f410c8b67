import { counted } from "../model/numbers";
import * as facets from "../state/facets";
import { seen } from "../state/place";
import { open } from "../state/panels";
import * as rows from "../state/rows";
import { isNarrow } from "../state/screen";
import { navigate, view } from "../state/view";
import { Columns } from "./columns";
import { Icon } from "./icon";
import { TailPill } from "./tail-pill";
import "./list-bar.css";

/** The buttons for the look of the list, and the rows that it shows now. */
export function ListBar() {
  const { dense } = view.value;
  return (
    <div class="list-bar">
      {isNarrow.value
        ? <button type="button" class="button plain" onClick={() => open("facets")}><Icon name="filter" />Values</button>
        : <button type="button" class="button plain" aria-expanded={facets.isShown.value} onClick={facets.toggle}><Icon name="filter" />Values</button>}
      <span class="grow" />
      <TailPill />
      <Seen />
      <button type="button" class="button plain" title="Go to a row or a time (g)" onClick={() => open("jump")}><Icon name="jump" /><span class="wide-only">Go to</span></button>
      <button type="button" class="button plain wide-only" title="The height of the rows" aria-pressed={!dense} onClick={() => navigate({ dense: !dense })}><Icon name="rows" />Tall rows</button>
      <Columns />
    </div>
  );
}

function Seen() {
  const [first, end] = seen.value;
  const total = rows.total.value;
  if (rows.count.value === 0 || end === 0) return null;
  const of = total === undefined ? "" : ` of ${counted(total)}`;
  return <span class="quiet number list-bar-seen">{counted(first + 1)}–{counted(end)}{of}</span>;
}
