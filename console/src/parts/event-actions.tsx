import type { Event } from "../model/event";
import { equals } from "../model/filter";
import { iso, MINUTE } from "../model/times";
import { navigate } from "../state/view";

const AROUND = 5 * MINUTE;

/** Further questions about an event. The event stays open. */
export function EventActions({ event }: { event: Event }) {
  const [actor, target] = [conditionOf("actor", event), conditionOf("target", event)];
  const time = Date.parse(event.time);
  const around = { since: iso(time - AROUND), until: iso(time + AROUND) };
  return (
    <ul class="event-actions">
      {actor && <li><button type="button" class="button" onClick={() => navigate({ filter: actor, time: { all: true } })}>Everything by this actor</button></li>}
      {target && <li><button type="button" class="button" onClick={() => navigate({ filter: target, time: { all: true } })}>Everything on this target</button></li>}
      <li><button type="button" class="button" onClick={() => navigate({ filter: "", time: around })}>Everything around this time</button></li>
    </ul>
  );
}

/** An id identifies an actor or target; several may have the same name. */
function conditionOf(who: "actor" | "target", event: Event): string | undefined {
  const { id, name } = event[who] ?? {};
  if (id) return equals(`${who}.id`, id);
  return name ? equals(`${who}.name`, name) : undefined;
}
