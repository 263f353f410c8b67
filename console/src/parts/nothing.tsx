import { useEffect } from "preact/hooks";
import { Attempt } from "../state/attempt";
import { events } from "../model/numbers";
import { terms, without } from "../model/filter";
import { ago } from "../model/times";
import { api, own } from "../state/session";
import { navigate, question, view } from "../state/view";
import { Notice } from "./states";

interface Around {
  /** The number of events in the log. */
  all: number;
  /** The number of events that the filter finds at any time. */
  ever: number;
  newest?: string;
}

const around = new Attempt<Around>();

/** Nothing was found: says that the log is empty, or which other question would find something. */
export function Nothing() {
  const asked = question.value;
  useEffect(() => {
    void around.ask(async (aborted) => {
      const text = asked.filter;
      const [all, found] = await Promise.all([
        api.count({ text: "" }, aborted),
        api.list({ text }, { skip: 0, size: 1, order: "desc", total: true }, aborted),
      ]);
      const [newest] = found.events;
      return { all, ever: found.total_size ?? 0, ...(newest ? { newest: newest.time } : {}) };
    });
    return () => around.stop();
  }, [asked.text]);
  const known = around.answer.value;
  if (known?.all === 0) return <Empty />;
  return (
    <Notice title="No events match">
      {known && known.ever > 0 && known.newest && (
        <p>At other times there are {events(known.ever)}, the newest {ago(known.newest, api.now())}. <button type="button" class="button" onClick={() => navigate({ time: { all: true } })}>Show all time</button></p>
      )}
      {known && known.ever === 0 && <p>No event at any time matches this filter. The log holds {events(known.all)}.</p>}
      <Loosen />
    </Notice>
  );
}

/** A button for each condition of the filter, to remove it. */
function Loosen() {
  const { filter } = view.value;
  const conditions = terms(filter);
  if (conditions.length === 0) return null;
  return (
    <>
      <p>Remove a condition:</p>
      <ul>
        {conditions.map((condition) => (
          <li key={condition}><button type="button" class="button mono" onClick={() => navigate({ filter: without(filter, condition) })}>{condition}</button></li>
        ))}
      </ul>
    </>
  );
}

/** The log is still empty: says how to send an event. */
function Empty() {
  const permissions = own.value?.permissions ?? [];
  return (
    <Notice title="This log is empty">
      <p>Send an event with a key that may write{permissions.includes("write") ? ", such as yours" : ""}:</p>
      <pre>{`curl -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"type": "door.open", "actor": {"id": "ada"}}' \\
  ${location.origin}/v1/events`}</pre>
      <p>Or load a file: <code>polylog load FILE</code>. Turn on Tail to see events arrive.</p>
    </Notice>
  );
}
