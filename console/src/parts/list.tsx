import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { column, type Column } from "../model/event";
import { counted } from "../model/numbers";
import * as scroll from "../model/scroll";
import { isFixed, shown, widthOf } from "../state/columns";
import * as rows from "../state/rows";
import { isPhone } from "../state/screen";
import { open, select, selected, wanted } from "../state/selection";
import { place, unseen } from "../state/place";
import { view } from "../state/view";
import { ListHead } from "./list-head";
import { Row } from "./row";
import { useScrolling, type Scrolling } from "./scrolling";
import "./list.css";

const HEAD = 28;
const AROUND = 4;
/** The least part of its usual width that a column keeps if there is little room. */
const NARROW = 0.7;

/** All rows that the question finds. The scroll bar covers all of them, and any place takes one request. */
export function List() {
  const box = useRef<HTMLDivElement>(null);
  const hovered = useSignal<{ row: number; column: string } | undefined>(undefined);
  const isCard = isPhone.value;
  const rowHeight = isCard ? 72 : view.value.dense ? 28 : 48;
  const scrolling = useScrolling(box, rows.count.value, rowHeight, isCard ? 0 : HEAD);
  usePlaces(scrolling);
  const columns = shown.value.map(column);
  const { extent } = scrolling;
  const offset = scrolling.offset.value;
  const [first, end] = scroll.seen({ ...extent, rows: rows.count.value, rowHeight }, offset);
  const above = scroll.scrollTopAt(extent, offset) - offset;
  const numbers = range(Math.max(0, first - AROUND), Math.min(rows.count.value, end + AROUND));
  return (
    <div
      class={`list ${view.value.dense ? "dense" : "wide"} ${isCard ? "cards" : ""} ${rows.head.isAsking.value ? "old" : ""}`}
      role="grid" aria-label="Events" aria-rowcount={rows.count.value + 1} aria-busy={rows.head.isAsking.value}
      aria-activedescendant={selected.value === undefined ? undefined : `row-${selected.value}`}
      tabIndex={0} style={widths(columns)}
      ref={box} onScroll={scrolling.onScroll} onTouchStart={scrolling.onTouch} onKeyDown={(event) => walk(event, scrolling)}
    >
      {!isCard && <ListHead columns={columns} />}
      <div
        class="list-rows" role="rowgroup" style={{ height: `${scroll.height({ ...extent, rows: rows.count.value, rowHeight })}px` }}
        onClick={(event) => chosen(event)} onPointerOver={(event) => (hovered.value = under(event))} onPointerLeave={() => (hovered.value = undefined)}
      >
        {numbers.map((number) => {
          const event = rows.row(number);
          return (
            <Row
              key={number} number={number} event={event} columns={columns} isCard={isCard} top={number * rowHeight + above}
              isSelected={selected.value === number} isOpen={event !== undefined && event.id === view.value.event}
              hovered={hovered.value?.row === number ? hovered.value.column : undefined}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Go where the keyboard, a jump or the address says, fetch the visible rows, and publish which they are. */
function usePlaces(scrolling: Scrolling): void {
  const before = useRef(rows.shifted.value);
  const shift = rows.shifted.value - before.current;
  useLayoutEffect(() => {
    before.current = rows.shifted.value;
    const isReading = scrolling.offset.peek() > 0 || selected.peek() !== undefined;
    if (shift === 0 || !isReading) return;
    unseen.value += shift;
    scrolling.moveTo(scrolling.offset.peek() + shift * scrolling.extent.rowHeight);
  }, [shift]);
  const target = wanted.value;
  useLayoutEffect(() => {
    if (!target || rows.count.peek() === 0) return;
    if (target.how === "reveal") scrolling.reveal(target.row);
    else scrolling.moveTo(target.row * scrolling.extent.rowHeight);
    wanted.value = undefined;
  }, [target, rows.count.value]);
  const [first, end] = scroll.seen(scrolling.extent, scrolling.offset.value);
  useEffect(() => place(first, end, scrolling.offset.peek() === 0), [first, end, rows.count.value, rows.head.answer.value]);
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
}

/** The widths of row numbers and columns. Columns share the remaining room; if none can, the last takes it. */
function widths(columns: readonly Column[]): Record<string, string> {
  const names = columns.map(({ name }) => name);
  const isRigid = names.every(isFixed);
  const isElastic = (name: string) => (isRigid ? name === names.at(-1) : !isFixed(name));
  const numbers = 28 + 8 * counted(rows.count.value).length;
  const leastOf = (name: string) => (isFixed(name) ? widthOf(name) : Math.round(widthOf(name) * NARROW));
  const template = names.map((name) => (isElastic(name) ? `minmax(${leastOf(name)}px, ${widthOf(name)}fr)` : `${widthOf(name)}px`));
  const least = names.reduce((sum, name) => sum + leastOf(name), numbers);
  return { "--columns": [`${numbers}px`, ...template].join(" "), "--least": `${least}px` };
}

function rowOf(event: Event): number | undefined {
  const row = (event.target as Element).closest<HTMLElement>("[data-row]");
  return row ? Number(row.dataset["row"]) : undefined;
}

function under(event: Event): { row: number; column: string } | undefined {
  const name = (event.target as Element).closest<HTMLElement>("[data-column]")?.dataset["column"];
  const row = rowOf(event);
  return name === undefined || row === undefined ? undefined : { row, column: name };
}

/** Open the row that was clicked, unless the click selected text in it. */
function chosen(event: Event): void {
  const row = rowOf(event);
  if (row !== undefined && (getSelection()?.isCollapsed ?? true)) void open(row);
}

function walk(event: KeyboardEvent, { extent }: Scrolling): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = selected.peek();
  const page = Math.max(1, Math.floor(extent.viewport / extent.rowHeight) - 1);
  const from = at ?? -1;
  const to = {
    ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: Number.MAX_SAFE_INTEGER,
  }[event.key];
  if (to !== undefined) select(to);
  else if (event.key === "Enter" && at !== undefined) void open(at);
  else return;
  event.preventDefault();
}
