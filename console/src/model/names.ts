// Most APIs find actors and targets only by id. A question by name becomes one by the ids that have the
// name. That is the same question if no event has one of these ids with another name.

import { valueText } from "./completion";
import { both, terms } from "./filter";
import { conjunctionOf } from "./terms";
import type { Sentence } from "./translate";

const ENTITIES = ["target", "actor"] as const;
export type Entity = (typeof ENTITIES)[number];

/** Return whether a filter asks for the actor, the target or both by name. */
export function namesIn(filter: string): Entity[] {
  return ENTITIES.filter((entity) => named(filter, entity) !== undefined);
}

/** Return the question by ids; `more` is a filter for the events that only this question finds. */
export function byIds(
  sentence: Sentence,
  ids: Partial<Record<Entity, readonly string[]>>,
): Sentence & { more: string } {
  const { since, until } = sentence;
  const names: string[] = [];
  let filter = sentence.filter;
  for (const entity of ENTITIES) {
    const name = named(filter, entity);
    if (name === undefined) continue;
    names.push(name);
    const condition = `${entity}.id = ${oneOf(ids[entity] ?? [])}`;
    filter = terms(filter).map((term) => (term === name ? condition : term)).join(" AND ");
  }
  const begin = since === undefined ? "" : `time >= ${since}`;
  const text = both(both(filter, begin), until === undefined ? "" : `time < ${until}`);
  return { ...sentence, filter, text, more: both(text, `NOT (${names.join(" AND ")})`) };
}

function oneOf(values: readonly string[]): string {
  const texts = values.map(valueText).join(" OR ");
  return values.length === 1 ? texts : `(${texts})`;
}

/** Return the condition at the top of a filter that asks for a name, or for one of several. */
function named(filter: string, entity: Entity): string | undefined {
  return terms(filter).find((term) => {
    const [only, another] = conjunctionOf(term)?.terms ?? [];
    return only?.is === "one of" && only.field === `${entity}.name` && another === undefined;
  });
}
