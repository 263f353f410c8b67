// Most APIs ask for actors and targets by id alone. A question by name is asked there by the ids that
// have the name, if nothing else has those ids.

import { valueText } from "./completion";
import { both, terms } from "./filter";
import { conjunctionOf } from "./terms";
import type { Sentence } from "./translate";

const ENTITIES = ["target", "actor"] as const;
export type Entity = (typeof ENTITIES)[number];

/** Return which of actor and target a filter asks for by name. */
export function namesIn(filter: string): Entity[] {
  return ENTITIES.filter((entity) => named(filter, entity) !== undefined);
}

/** Return the question by ids; `more` is a filter for what it finds beside those events. */
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

/** Return the condition at the top of a filter that is a name, or one of several. */
function named(filter: string, entity: Entity): string | undefined {
  return terms(filter).find((term) => {
    const [only, another] = conjunctionOf(term)?.terms ?? [];
    return only?.is === "one of" && only.field === `${entity}.name` && another === undefined;
  });
}
