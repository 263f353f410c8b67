import type { Event } from "../model/event";
import { places } from "../model/places";
import { Copy } from "./copy";

/** The same event in each API that shows single events. */
export function EventPlaces({ event }: { event: Event }) {
  return (
    <details class="event-places">
      <summary>In each API</summary>
      <ul>
        {places(event, location.origin).map(({ api, command }) => (
          <li key={api}><span class="quiet">{api}</span><code>{command}</code><Copy title={`Copy the command for ${api}`} text={() => command} /></li>
        ))}
      </ul>
    </details>
  );
}
