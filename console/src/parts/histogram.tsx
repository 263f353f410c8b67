import { useEffect } from "preact/hooks";
import { STACKS, type Stack } from "../model/address";
import { isUtcOnly, type Chart } from "../model/intervals";
import { counted, events } from "../model/numbers";
import { short, zoneName } from "../model/times";
import { colours, follow, histogram, isShown, toggle } from "../state/histogram";
import * as rows from "../state/rows";
import { navigate, question, view } from "../state/view";
import { Bars } from "./bars";
import { Icon } from "./icon";
import { NextTry } from "./states";
import "./histogram.css";

const NAMES: Partial<Record<Stack, string>> = {
  "actor.name": "actor", "target.name": "target", project_id: "project", organization_id: "organization",
};

/** The exact total, and bars over the time range of the question. */
export function Histogram() {
  useEffect(follow, []);
  const chart = histogram.answer.value;
  return (
    <section class="histogram" aria-label="Events over time">
      <header class="histogram-head">
        <button type="button" class="button plain icon" aria-expanded={isShown.value} aria-label="Bars" title="Show or hide the bars" onClick={toggle}>
          <Icon name={isShown.value ? "down" : "right"} />
        </button>
        <Total />
        <span class="histogram-window quiet number">{windowText()}</span>
        {isShown.value && <StackChoice />}
      </header>
      {isShown.value && (
        <div class="histogram-names">{chart && rows.head.trouble.value?.kind !== "refused" && <Legend chart={chart} />}</div>
      )}
      {isShown.value && chart && <Instead by={chart.by} />}
      {isShown.value && <Body chart={chart} />}
    </section>
  );
}

function Total() {
  const total = rows.total.value;
  const fresh = rows.fresh.value.length;
  if (total === undefined) return <h2 class="histogram-total number" aria-live="polite">{uncounted()}</h2>;
  return (
    <h2 class="histogram-total number" aria-live="polite" aria-busy={rows.head.isAsking.value}>
      {events(total)}{fresh > 0 && <span class="quiet"> ({counted(fresh)} since {short(question.value.until, view.value.zone).slice(11)})</span>}
    </h2>
  );
}

function uncounted(): string {
  if (rows.isPartial.value) return `${counted(rows.count.value - 1)} or more events`;
  return rows.head.trouble.value ? "No answer" : "Counting…";
}

function windowText(): string {
  const { since, until } = question.value;
  const { zone } = view.value;
  const chart = histogram.answer.value;
  const step = chart && isShown.value ? ` · each bar a ${chart.step.name}`.replace(/a (\d)/, "$1") : "";
  const bars = chart && isShown.value && zone === "local" && isUtcOnly(chart.step) ? ", in UTC" : "";
  const from = since === undefined ? "up to" : `${short(since, zone)} –`;
  return `${from} ${short(until, zone)} ${zoneName(zone)}${step}${bars}`;
}

function StackChoice() {
  return (
    <label class="histogram-stack">
      <span class="quiet">by</span>
      <select class="select" value={view.value.stack} onChange={(event) => navigate({ stack: event.currentTarget.value as Stack })}>
        {STACKS.map((stack) => <option key={stack} value={stack}>{NAMES[stack] ?? stack}</option>)}
      </select>
    </label>
  );
}

/** Which colour is which value. */
function Legend({ chart }: { chart: Chart }) {
  return (
    <ul class="histogram-legend">
      {chart.names.map((name, at) => <li key={name} title={name}><i class={`key part-${colours.value[at]}`} />{name || "(none)"}</li>)}
      {chart.hasRest && <li><i class="key part-rest" />others</li>}
    </ul>
  );
}

/** Says that the bars are by type, because the chosen ones would take too much counting. */
function Instead({ by }: { by: Stack }) {
  const { stack } = view.value;
  if (by === stack || histogram.isAsking.value) return null;
  return <p class="histogram-instead" role="status">These bars are by {by}: bars by {NAMES[stack] ?? stack} would need too much reading. Choose a shorter time for them.</p>;
}

function Body({ chart }: { chart: Chart | undefined }) {
  // The list says why there is no answer.
  const refusal = rows.head.trouble.value;
  if (refusal && (refusal.kind === "refused" || !chart)) return <p class="histogram-word" />;
  const trouble = histogram.trouble.value;
  if (trouble?.kind === "waiting") {
    return <p class="histogram-word quiet" role="status"><span>No bars yet. <NextTry at={trouble.at} /> <button type="button" class="button" onClick={() => void histogram.again()}>Try now</button></span></p>;
  }
  if (trouble?.problem.isTooBroad) {
    return <p class="histogram-word quiet" role="status">The bars would need too much reading. Choose a shorter time, or name a type, an actor or a target.</p>;
  }
  if (trouble) return <p class="histogram-word quiet" role="status">No bars: {trouble.problem.message}</p>;
  if (!chart) return <p class="histogram-word quiet" role="status">Counting…</p>;
  return <Bars chart={chart} isOld={histogram.isAsking.value || rows.head.isAsking.value} />;
}
