import { useEffect, useRef, useState } from "preact/hooks";
import type { Told } from "../api/client";
import { write } from "../model/address";
import { indented } from "../model/json";
import { counted } from "../model/numbers";
import { ago, exact } from "../model/times";
import * as rows from "../state/rows";
import { isNarrow } from "../state/screen";
import { close, isPlacing, opened, openRow, select } from "../state/selection";
import { api } from "../state/session";
import { question, view } from "../state/view";
import { Copy } from "./copy";
import { EventActions } from "./event-actions";
import { EventFields } from "./event-fields";
import { EventPlaces } from "./event-places";
import { Icon } from "./icon";
import { Troubled } from "./states";
import "./event.css";

/** The open event, as fields and as JSON, and its place among the events that the question finds. */
export function OpenEvent() {
  const told = opened.answer.value;
  const trouble = opened.trouble.value;
  const box = useRef<HTMLElement>(null);
  // As a sheet over the list it takes the focus, and gives it back to the list when it closes.
  useEffect(() => {
    if (!isNarrow.peek()) return undefined;
    box.current?.focus();
    return () => document.querySelector<HTMLElement>(".list")?.focus();
  }, []);
  return (
    <article class="event" aria-label="Event" ref={box} tabIndex={-1}>
      <header class="event-head">
        <Step by={-1} icon="up" name="Previous event (k)" />
        <Step by={1} icon="down" name="Next event (j)" />
        <Place />
        <Copy title="Copy a link to this event" icon="link" text={linkToEvent} />
        <button type="button" class="button plain icon" title="Close (Esc)" aria-label="Close" onClick={close}><Icon name="close" /></button>
      </header>
      {trouble && <Troubled trouble={trouble} attempt={opened} />}
      {told && <Body told={told} />}
      {!told && !trouble && <p class="event-word quiet" role="status">Loading…</p>}
    </article>
  );
}

/** A link to this event among these same events: its time window is fixed. */
function linkToEvent(): string {
  const { since, until } = question.peek();
  const time = since === undefined ? { all: true as const } : { since, until };
  return new URL(write({ ...view.peek(), time, row: undefined, tail: false }), location.href).href;
}

function Step({ by, icon, name }: { by: number; icon: "up" | "down"; name: string }) {
  const row = openRow.value;
  const to = (row ?? -1) + by;
  const isEnd = row === undefined || to < 0 || to >= rows.count.value;
  return <button type="button" class="button plain icon" disabled={isEnd} title={name} aria-label={name} onClick={() => select(to)}><Icon name={icon} /></button>;
}

function Place() {
  const row = openRow.value;
  const total = rows.total.value;
  const isFinding = isPlacing.value || rows.head.isAsking.value;
  if (row === undefined || isFinding) {
    return <p class="grow quiet event-place" role="status">{isFinding ? "Finding its place…" : "This question does not find it"}</p>;
  }
  return <p class="grow event-place number" role="status">Event {counted(row + 1)}{total !== undefined && ` of ${counted(total)}`}</p>;
}

function Body({ told }: { told: Told }) {
  const [tab, setTab] = useState<"fields" | "json">("fields");
  const { event } = told;
  return (
    <div class="event-body">
      <h2 class="event-type">{event.type}</h2>
      <p class="number">{exact(event.time, view.value.zone)} <span class="quiet">· {ago(event.time, api.now())}</span></p>
      {event.message && <p class="event-message">{event.message}</p>}
      <EventActions event={event} />
      <div class="event-tabs">
        <div role="tablist" aria-label="Form">{(["fields", "json"] as const).map((each) => (
          <button key={each} type="button" role="tab" id={`tab-${each}`} aria-controls="event-form" aria-selected={tab === each} tabIndex={tab === each ? 0 : -1}
            onClick={() => setTab(each)} onKeyDown={(key) => (key.key === "ArrowLeft" || key.key === "ArrowRight") && other(key, setTab, each)}>
            {each === "fields" ? "Fields" : "JSON"}
          </button>
        ))}</div>
        <span class="grow" />
        <Copy title="Copy the event as JSON" label="Copy JSON" text={() => plain(told.text)} />
      </div>
      <div id="event-form" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === "fields" ? <EventFields event={event} /> : <Json text={told.text} />}
      </div>
      <EventPlaces event={event} />
    </div>
  );
}

function other(key: KeyboardEvent, setTab: (tab: "fields" | "json") => void, tab: "fields" | "json"): void {
  key.preventDefault();
  const next = tab === "fields" ? "json" : "fields";
  setTab(next);
  document.getElementById(`tab-${next}`)?.focus();
}

function plain(text: string): string {
  return indented(text).map((token) => token.text).join("");
}

function Json({ text }: { text: string }) {
  return <pre class="json">{indented(text).map((token, at) => (token.kind === "mark" ? token.text : <span key={at} class={`json-${token.kind}`}>{token.text}</span>))}</pre>;
}
