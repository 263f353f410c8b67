import { Fragment } from "preact";
import { useEffect } from "preact/hooks";
import type { Explanation as Explained } from "../api/client";
import { dollarsPerMillion } from "../model/cost";
import { explain, told } from "../state/explanation";
import { question } from "../state/view";
import "./explanation.css";

/** How the log found the answer, and what the question costs. */
export function Explanation() {
  useEffect(() => {
    const controller = new AbortController();
    void explain(controller.signal);
    return () => controller.abort();
  }, []);
  const said = told.value;
  return (
    <div class="explanation" aria-live="polite">
      {said.is === "asking" && <p class="quiet">Asking again, with an explanation…</p>}
      {said.is === "refused" && <p class="explanation-error">{said.reason}</p>}
      {said.is === "told" && <Facts explanation={said.explanation} />}
    </div>
  );
}

function Facts({ explanation }: { explanation: Explained }) {
  const { read_units: units, requests, items_read: read, alternatives = [] } = explanation;
  return (
    <>
      <p>
        This is the first page of 100 events and the exact total of <code>{question.value.text}</code>.
      </p>
      <dl class="explanation-facts">
        <Fact name="Read units" value={number(units)} />
        <Fact name="A million such questions" value={dollarsPerMillion(units)} />
        <Fact name="Requests to the database" value={number(requests)} />
        <Fact name="Events read" value={number(read)} />
      </dl>
      <Parts explanation={explanation} />
      {alternatives.length > 0 && <Alternatives of={alternatives} />}
      <p class="quiet">
        Read units are what DynamoDB reports. A million of them cost $0.125 on demand, in us-east-1.
        The units of the ways that were not chosen are estimates.
      </p>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}

function Parts({ explanation }: { explanation: Explained }) {
  const { index, shards, conditions = [], residual, reason } = explanation;
  const rows: [string, string | undefined][] = [
    ["Why", reason],
    ["Index", index ? `${index}${shards > 1 ? `, ${shards} shards` : ""}` : "none: the counts or the order of arrival"],
    ["Answered by the index", conditions.join(" AND ")],
    ["Checked on each event", residual],
  ];
  return (
    <dl class="explanation-parts">
      {rows.filter(([, value]) => value).map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd class={name === "Why" ? "" : "mono"}>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Alternatives({ of }: { of: NonNullable<Explained["alternatives"]> }) {
  return (
    <table class="explanation-table">
      <caption>Ways to find the answer</caption>
      <thead>
        <tr>
          <th scope="col">Way</th>
          <th scope="col" class="number">Units</th>
          <th scope="col">Reason</th>
        </tr>
      </thead>
      <tbody>
        {of.map(({ name, units, is_chosen: isChosen, reason }) => (
          <tr key={name} class={isChosen ? "is-chosen" : ""}>
            <th scope="row">{name}{isChosen && <span class="hidden"> (chosen)</span>}</th>
            <td class="number">{units === null ? "unknown" : number(units)}</td>
            <td>{reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 1 });
}
