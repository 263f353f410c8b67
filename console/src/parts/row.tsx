import { cell, value, type Column, type Event } from "../model/event";
import { counted } from "../model/numbers";
import { rankOf } from "../model/severity";
import { full } from "../model/times";
import { view } from "../state/view";
import { Marked } from "./marked";
import { OnlyNot } from "./only-not";

interface Props {
  number: number;
  event: Event | undefined;
  columns: readonly Column[];
  top: number;
  isSelected: boolean;
  isOpen: boolean;
  /** The column under the pointer, if it is in this row. */
  hovered: string | undefined;
  isCard: boolean;
}

/** One event of the list, or an empty row until the event is loaded. */
export function Row({ number, event, columns, top, isSelected, isOpen, hovered, isCard }: Props) {
  const classes = `row ${isSelected ? "selected" : ""} ${isOpen ? "opened" : ""} ${event ? "" : "waiting"}`;
  return (
    <div
      id={`row-${number}`} class={classes} role="row" aria-rowindex={number + 2} aria-selected={isSelected}
      data-row={number} style={{ transform: `translateY(${top}px)` }}
    >
      <span class="row-number number" role="rowheader">{counted(number + 1)}</span>
      {isCard ? <Card event={event} /> : columns.map((column) => <Cell key={column.name} column={column} event={event} isHovered={hovered === column.name} />)}
    </div>
  );
}

function Cell({ column, event, isHovered }: { column: Column; event: Event | undefined; isHovered: boolean }) {
  if (!event) return <span class="cell" role="gridcell" />;
  const { field, value: text } = cell(event, column);
  const canFilter = isHovered && column.name !== "time" && column.name !== "seq" && (text !== "" || column.fields.length === 1);
  return (
    <span class={`cell ${column.name === "time" ? "number" : ""}`} role="gridcell" data-column={column.name} title={text}>
      <span class="cell-text"><Shown field={field} text={text} /></span>
      {canFilter && <OnlyNot field={field} value={text} />}
    </span>
  );
}

/** A value as the list shows it. */
export function Shown({ field, text }: { field: string; text: string }) {
  if (field === "time") return <>{full(text, view.value.zone)}</>;
  if (field === "severity" && text) return <span class={`severity ${rankOf(text)}`}><Marked field={field} text={text} /></span>;
  return <Marked field={field} text={text} />;
}

/** On a phone: the time and the type, who did it to what, and the message. */
function Card({ event }: { event: Event | undefined }) {
  if (!event) return <span class="card" role="gridcell" />;
  const who = [value(event, "actor.name") || value(event, "actor.id"), value(event, "target.name") || value(event, "target.id")];
  return (
    <span class="card" role="gridcell">
      <span class="card-line"><b><Shown field="type" text={event.type} /></b>{event.severity && <Shown field="severity" text={event.severity} />}</span>
      <span class="card-line quiet number">{full(event.time, view.value.zone)}</span>
      <span class="card-line">{event.message ? <Marked field="message" text={event.message} /> : who.filter(Boolean).join(" → ")}</span>
    </span>
  );
}

