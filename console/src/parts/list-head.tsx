import type { Column } from "../model/event";
import { loosen, widen, widthOf } from "../state/columns";
import { navigate, view } from "../state/view";
import { Icon } from "./icon";

const STEP = 16;

/** The names of the columns; drag their right edges to widen them. */
export function ListHead({ columns }: { columns: readonly Column[] }) {
  return (
    <div class="list-head" role="row" aria-rowindex={1}>
      <span class="row-number" role="columnheader" aria-label="Row">#</span>
      {columns.map((column) => (
        <span key={column.name} class="cell" role="columnheader" aria-sort={sortOf(column.name)}>
          {column.name === "time" ? <Order /> : <span class="cell-text">{column.title}</span>}
          <Edge column={column} />
        </span>
      ))}
    </div>
  );
}

function sortOf(name: string): "ascending" | "descending" | undefined {
  if (name !== "time") return undefined;
  return view.value.order === "asc" ? "ascending" : "descending";
}

function Order() {
  const isNewest = view.value.order === "desc";
  const title = isNewest ? "Newest first. Show the oldest first" : "Oldest first. Show the newest first";
  return (
    <button type="button" class="list-order" title={title} onClick={() => navigate({ order: isNewest ? "asc" : "desc", row: undefined, tail: false })}>
      Time <Icon name={isNewest ? "down" : "up"} />
    </button>
  );
}

/** The edge of a column; dragging it, or the arrow keys, change the width. */
function Edge({ column }: { column: Column }) {
  function drag(down: PointerEvent) {
    const edge = down.currentTarget as HTMLElement;
    const width = shownWidth(edge);
    edge.setPointerCapture(down.pointerId);
    edge.onpointermove = (move) => widen(column.name, width + move.clientX - down.clientX);
    edge.onpointerup = edge.onpointercancel = () => (edge.onpointermove = null);
  }
  function step(event: KeyboardEvent) {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    widen(column.name, shownWidth(event.currentTarget as HTMLElement) + by);
  }
  return (
    <span class="list-edge" role="separator" aria-orientation="vertical" aria-label={`Width of ${column.title}`} aria-valuenow={widthOf(column.name)}
      tabIndex={0} onPointerDown={drag} onKeyDown={step} onDblClick={() => loosen(column.name)} />
  );
}

/** The width of the column of an edge, including its share of the remaining room. */
function shownWidth(edge: HTMLElement): number {
  return edge.parentElement?.offsetWidth ?? 0;
}
