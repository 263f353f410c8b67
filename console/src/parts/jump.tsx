import { useState } from "preact/hooks";
import { counted } from "../model/numbers";
import { read, short, zoneName } from "../model/times";
import { Offline, Problem } from "../api/client";
import { close } from "../state/panels";
import * as rows from "../state/rows";
import { goToTime, select } from "../state/selection";
import { api } from "../state/session";
import { question, view } from "../state/view";

/** Goes to a row by its number, or to the first row at a time. */
export function Jump() {
  const { zone } = view.value;
  const [problem, setProblem] = useState<string>();
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get("place") ?? "").trim();
    const row = /^[\d,\s]+$/.test(text) ? Number(text.replace(/[,\s]/g, "")) : undefined;
    const time = row === undefined ? read(text, zone, api.now()) : undefined;
    if (row !== undefined && row >= 1) select(row - 1, "top");
    else if (time === undefined) return setProblem("Write a row like 48,213, or a time like 2026-11-20 14:30, yesterday or 12h.");
    else {
      try {
        await goToTime(time);
      } catch (error) {
        if (!(error instanceof Problem || error instanceof Offline)) throw error;
        return setProblem(error.message);
      }
    }
    return close();
  }
  return (
    <form class="jump field" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Row from 1 to {counted(rows.total.value ?? rows.count.value)}, or a time in {zoneName(zone)}</span>
        <input class="input number" name="place" autofocus autocomplete="off" placeholder={`48,213 or ${short(question.value.until, zone)}`} />
      </label>
      <p role="alert">{problem}</p>
      <button class="button main">Go</button>
    </form>
  );
}
