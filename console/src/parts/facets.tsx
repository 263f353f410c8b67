import { facets, shown, type Facet } from "../state/facets";
import * as rows from "../state/rows";
import { FacetGroups, TITLES } from "./facet";
import { NextTry } from "./states";
import "./facets.css";

/** The values of the events' fields with exact counts, and buttons to ask for each or leave it out. */
export function Facets() {
  const found = facets.answer.value;
  const trouble = facets.trouble.value;
  const isNothing = found !== undefined && shown.value.every((facet) => facet.size === 0);
  const [valued, empty] = [shown.value.filter(hasValues), shown.value.filter((facet) => !hasValues(facet))];
  // The list says why there is no answer.
  const refusal = rows.head.trouble.value;
  if (refusal && (refusal.kind === "refused" || !found)) return <div class="facets" />;
  return (
    <div class={`facets ${facets.isAsking.value || rows.head.isAsking.value ? "old" : ""}`} aria-busy={facets.isAsking.value}>
      {trouble?.kind === "waiting" && <p class="facets-word quiet" role="status">No values yet. <NextTry at={trouble.at} /> <button type="button" class="button" onClick={() => void facets.again()}>Try now</button></p>}
      {!found && !trouble && <p class="facets-word quiet" role="status">Counting values…</p>}
      {isNothing && <p class="facets-word quiet" role="status">No events, so no values.</p>}
      {valued.map((facet) => <FacetGroups key={facet.by} facet={facet} />)}
      {!isNothing && empty.length > 0 && <p class="facets-word quiet">No event has a {listed(empty.map(({ by }) => TITLES[by] ?? by))}.</p>}
      {found?.isPartial && (
        <p class="facets-word quiet" role="status">
          Only types and origins are counted: other values would take too long. Choose a shorter time, or name a type, an actor or a target.
        </p>
      )}
    </div>
  );
}

function hasValues(facet: Facet): boolean {
  return facet.groups.some((group) => group.value !== "");
}

/** `severity, status or source`. */
function listed(titles: readonly string[]): string {
  const names = titles.map((title) => title.toLowerCase());
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" or ");
}
