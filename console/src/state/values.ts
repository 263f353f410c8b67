import { isAborted, Problem, Offline, type Group } from "../api/client";
import { both } from "../model/filter";
import { api, own } from "./session";
import { question } from "./view";

const MOST = 200;

/** The values of a field, the most frequent first; `isAll` says whether these are all. */
export interface Values {
  groups: readonly Group[];
  isAll: boolean;
}

const NONE: Values = { groups: [], isAll: true };
const cached = new Map<string, Promise<Values>>();
const LONGEST = 100;

/** Return the values that a field has among the events of a filter, in the range of the view. */
export function valuesOf(field: string, filter: string): Promise<Values> {
  const { since, until } = question.value;
  const range = both(since === undefined ? "" : `time >= ${since}`, `time < ${until}`);
  const text = both(filter, range);
  const key = `${own.value?.key_id} ${field} ${text}`;
  const known = cached.get(key);
  if (known) return known;
  if (cached.size >= LONGEST) cached.clear();
  const asked = ask(field, text).catch((error: unknown) => {
    cached.delete(key);
    if (isAborted(error) || error instanceof Problem || error instanceof Offline) return NONE;
    throw error;
  });
  cached.set(key, asked);
  return asked;
}

/** The tally counts types and origins, so these are known in a log of any size. */
async function ask(field: string, text: string): Promise<Values> {
  if (field === "type" || field === "origin") {
    const { groups } = await api.groups({ text }, field);
    return { groups, isAll: true };
  }
  const [facet] = (await api.facets({ text }, [field], MOST)).facets;
  return { groups: facet?.groups ?? [], isAll: (facet?.total_size ?? 0) <= MOST };
}
