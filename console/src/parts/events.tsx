import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as columns from "../state/columns";
import * as facets from "../state/facets";
import * as future from "../state/future";
import * as rows from "../state/rows";
import { isNarrow } from "../state/screen";
import * as selection from "../state/selection";
import * as tail from "../state/tail";
import { question, view } from "../state/view";
import { OpenEvent } from "./event";
import { Facets } from "./facets";
import { Histogram } from "./histogram";
import { List } from "./list";
import { ListBar } from "./list-bar";
import { Nothing } from "./nothing";
import { eventWidth, Splitter } from "./splitter";
import { Troubled } from "./states";
import "./events.css";

/** The events: bars over time, values, the list, and the open event. */
export function Events() {
  useEffect(rows.follow, []);
  useEffect(selection.follow, []);
  useEffect(tail.follow, []);
  useEffect(future.follow, []);
  useEffect(facets.follow, []);
  useEffect(columns.follow, []);
  useTitle();
  const isOpen = view.value.event !== undefined;
  const width = eventWidth.value ? `${eventWidth.value}px` : "40%";
  return (
    <main class="events">
      <Histogram />
      <div class="events-body">
        {!isNarrow.value && facets.isShown.value && <aside class="events-facets" aria-label="Values"><Facets /></aside>}
        <section class="events-list" aria-label="List">
          <ListBar />
          <Answer />
        </section>
        {isOpen && !isNarrow.value && <Splitter />}
        {isOpen && <aside class="events-event" style={isNarrow.value ? {} : { width }}><OpenEvent /></aside>}
      </div>
    </main>
  );
}

/** The list, or why there is none. */
function Answer() {
  const trouble = rows.head.trouble.value;
  const later = rows.rest.trouble.value;
  const isKept = trouble?.kind === "waiting" && rows.count.value > 0;
  if (trouble && !isKept) return <div class="events-word"><Troubled trouble={trouble} attempt={rows.head} /></div>;
  if (rows.head.answer.value && rows.count.value === 0) return <div class="events-word"><Nothing /></div>;
  return (
    <>
      {isKept && <div class="events-later"><Troubled trouble={trouble} attempt={rows.head} /></div>}
      {later && <div class="events-later"><Troubled trouble={later} attempt={rows.rest} /></div>}
      {rows.isPartial.value && <p class="events-partial" role="status">There are too many events to count at once. The list shows those that were read, and reads more as you scroll.</p>}
      <div class="events-rows"><List /></div>
    </>
  );
}

function useTitle(): void {
  useEffect(() => effect(() => {
    const { filter } = view.value;
    document.title = `${filter ? `${filter} · ` : ""}Polylog`;
    question.value;
  }), []);
}
