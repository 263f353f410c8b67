import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { column } from "../model/event";
import { counted, events } from "../model/numbers";
import { shown } from "../state/columns";
import { cancel, reset, running, write, type Form, type Progress } from "../state/export";
import { fresh } from "../state/rows";
import { question, refresh, view } from "../state/view";
import { choose } from "./file";
import "./export.css";

const TYPES: Readonly<Record<Form, string>> = { csv: "text/csv", ndjson: "application/x-ndjson" };

/** Writes exactly what the list shows to a file. */
export function Export() {
  const [form, setForm] = useState<Form>("csv");
  useEffect(() => reset, []);
  const columns = shown.value.map((name) => column(name).title).join(", ");
  const isWriting = running.value?.is === "writing";

  async function start() {
    const day = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    const sink = await choose(`events-${day}.${form}`, TYPES[form]);
    if (sink) await write(form, sink);
  }

  return (
    <div class="export">
      <p>
        Every event of <code>{question.value.text}</code>, {view.value.order === "desc" ? "the newest" : "the oldest"} first.
      </p>
      {fresh.value.length > 0 && (
        <p>
          {events(fresh.value.length)} came after the end of this range, and {fresh.value.length === 1 ? "is" : "are"} not
          part of it: <button type="button" class="button" onClick={() => refresh()}>Ask again, up to now</button>
        </p>
      )}
      <fieldset disabled={isWriting}>
        <legend>Form</legend>
        <Choice form="csv" chosen={form} choose={setForm} name="CSV">The columns of the list: {columns}. Values that a spreadsheet would run as formulas start with an apostrophe.</Choice>
        <Choice form="ndjson" chosen={form} choose={setForm} name="NDJSON">Whole events, one a line, as <code>polylog load</code> reads them.</Choice>
      </fieldset>
      <div class="export-buttons">
        {isWriting
          ? <button type="button" class="button" onClick={cancel}>Cancel</button>
          : <button type="button" class="button main" onClick={() => void start()}>Export</button>}
      </div>
      <div role="status">{running.value && <Said progress={running.value} />}</div>
    </div>
  );
}

interface ChoiceProps {
  form: Form;
  chosen: Form;
  choose: (form: Form) => void;
  name: string;
  children: ComponentChildren;
}

function Choice({ form, chosen, choose: pick, name, children }: ChoiceProps) {
  return (
    <label class="export-form">
      <input type="radio" name="form" checked={form === chosen} onChange={() => pick(form)} />
      <span>{name}</span>
      <span class="quiet">{children}</span>
    </label>
  );
}

function Said({ progress }: { progress: Progress }) {
  const { is, written, total, reason } = progress;
  switch (is) {
    case "writing":
      return (
        <>
          <progress max={total ?? 1} {...(total === undefined ? {} : { value: written })} aria-label="Written so far" />
          <p class="number">{events(written)}{total !== undefined && ` of ${counted(total)}`}</p>
        </>
      );
    case "done":
      return <Done written={written} total={total} />;
    case "cancelled":
      return <p>Cancelled. The file is not complete.</p>;
    default:
      return <p class="export-bad">{reason} The file is not complete.</p>;
  }
}

/** Says how many rows were written, and whether that is the log's exact number of events. */
function Done({ written, total }: { written: number; total: number | undefined }) {
  if (total === undefined) return <p class="export-done">{events(written)} written. The log did not count them before.</p>;
  if (written === total) return <p class="export-done">{events(written)} written: exactly the total.</p>;
  return (
    <p class="export-bad">
      {events(written)} written, but the log counted {counted(total)} before. Events may have arrived meanwhile: export again.
    </p>
  );
}
