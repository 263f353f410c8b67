import type { Event } from "./event";

/** An API that shows single events, and the command that asks it for this one. */
export interface Place {
  api: string;
  command: string;
}

const SHOWN: readonly { api: string; scheme: string; path: (event: Event) => string }[] = [
  { api: "Polylog", scheme: "Bearer", path: ({ id }) => `/v1/events/${encodeURIComponent(id)}` },
  { api: "Cloud Foundry v2", scheme: "bearer", path: ({ id }) => `/cf/v2/events/${encodeURIComponent(id)}` },
  { api: "Cloud Foundry v3", scheme: "bearer", path: ({ id }) => `/cf/v3/audit_events/${encodeURIComponent(id)}` },
  { api: "Waldur", scheme: "Token", path: ({ seq }) => `/api/events/${seq}/` },
];

/** How to get an event from each API that shows single events. The other APIs only list them. */
export function places(event: Event, origin: string): Place[] {
  return SHOWN.map(({ api, scheme, path }) => {
    const address = (origin + path(event)).replaceAll("'", "%27");
    return { api, command: `curl -H "Authorization: ${scheme} $TOKEN" '${address}'` };
  });
}
