import { computed, signal } from "@preact/signals";
import { isAborted, Offline, Problem } from "../api/client";
import { write } from "../model/address";
import { parse } from "../model/micros";
import { length } from "../model/times";
import { byIds, namesIn, type Entity } from "../model/names";
import { events } from "../model/numbers";
import { commandLine, translations, type Difference, type Place, type Sentence, type Translation } from "../model/translate";
import { total } from "./rows";
import { api, isConfined, own, resume } from "./session";
import { question, view } from "./view";

/** A way to ask the question in another API: commands, or what the API cannot ask for. */
export interface Way {
  name: string;
  title: string;
  commands: string[];
  notes: string[];
  cannot: string[];
  /** Whether the page is still asking the log if the commands find the same events. */
  isChecking: boolean;
}

const found = signal<Way[]>([]);

/** The question in every API. */
export const ways = found;

/** Whether the question names an actor or a target, and no event tells the id that most APIs ask by. */
export const isWithoutIds = computed(() => total.value === 0 && namesIn(view.value.filter).length > 0);

/** The address of this view, with a fixed range of time. */
export function link(): string {
  const { since, until } = question.value;
  const { time } = view.value;
  const isMoving = "last" in time || ("since" in time && time.until === undefined);
  const fixed = isMoving && since !== undefined ? { since, until } : time;
  return location.origin + write({ ...view.value, time: fixed });
}

export function polylog(): string {
  return commandLine(sentence(), place());
}

/** Translate the question. If the translation may find other events, ask the log whether it does. */
export async function translate(signal: AbortSignal): Promise<void> {
  await resume();
  if (signal.aborted) return;
  const asked = sentence();
  const direct = translations(asked, place());
  found.value = direct.map(way);
  const written = [...direct, ...(await indirect(asked, direct, signal))];
  if (signal.aborted) return;
  for (const translation of written) {
    const { name, written: said } = translation;
    if ("cannot" in said || !said.differences.length) continue;
    const change = { ...way(translation), isChecking: false, ...(await differences(said.differences, signal)) };
    if (signal.aborted) return;
    found.value = found.value.map((each) => (each.name === name ? change : each));
  }
}

function way({ name, title, written }: Translation): Way {
  const nothing = { name, title, commands: [], notes: [], cannot: [], isChecking: false };
  if ("cannot" in written) return { ...nothing, cannot: written.cannot };
  const { commands, notes } = written;
  return { ...nothing, commands, notes, isChecking: written.differences.length > 0 };
}

/** Return the translations by ids for the APIs that cannot ask for a name. */
async function indirect(asked: Sentence, direct: Translation[], signal: AbortSignal): Promise<Translation[]> {
  const unable = direct.filter(({ written }) => "cannot" in written).map(({ name }) => name);
  const ids = unable.length ? await idsOf(asked, signal) : undefined;
  if (!ids) return [];
  const { more, ...other } = byIds(asked, ids);
  return translations(other, place()).flatMap((each): Translation[] => {
    const { written } = each;
    if ("cannot" in written || !unable.includes(each.name)) return [];
    const difference = { filter: more, what: "with the same id but another name" };
    const notes = [...written.notes, "This API finds events only by id, so the command has the ids."];
    return [{ ...each, written: { ...written, notes, differences: [...written.differences, difference] } }];
  });
}

/** Return the ids of the actors or targets that the question names, if there are few and each has an id. */
async function idsOf({ filter, text }: Sentence, signal: AbortSignal): Promise<Partial<Record<Entity, string[]>> | undefined> {
  const entities = namesIn(filter);
  if (!entities.length) return undefined;
  try {
    const { facets } = await api.facets({ text }, entities.map((entity) => `${entity}.id`), MOST_IDS, signal);
    const isKnown = facets.every(({ total_size: size, groups }) => size && size <= MOST_IDS && groups.every(({ value }) => value));
    const ids = facets.map(({ groups }) => groups.map(({ value }) => value ?? ""));
    return isKnown ? Object.fromEntries(entities.map((entity, at) => [entity, ids[at]])) : undefined;
  } catch (error) {
    if (isAborted(error) || error instanceof Problem || error instanceof Offline) return undefined;
    throw error;
  }
}

const MOST_IDS = 20;

/** Return the differences that events show, or a note that the log cannot say. */
async function differences(all: readonly Difference[], signal: AbortSignal): Promise<Partial<Way>> {
  try {
    const counts = await Promise.all(all.map(({ filter }) => api.count({ text: filter }, signal)));
    const there = all.map(({ what }, at) => ({ what, count: counts[at] ?? 0 }));
    const cannot = there.filter(({ count }) => count > 0).map(({ what, count }) => `${events(count)} ${what}`);
    return cannot.length ? { cannot, commands: [] } : {};
  } catch (error) {
    if (isAborted(error)) return {};
    if (!(error instanceof Problem || error instanceof Offline)) throw error;
    return { notes: all.map(({ what }) => `It treats events ${what} differently. The log cannot say now whether there are any.`) };
  }
}

/** The question. All time gets no end, so that the other APIs can ask it. */
function sentence(): Sentence {
  const { filter, since, until, text } = question.value;
  const { time, order } = view.value;
  if ("all" in time) return { filter, text: filter, order };
  const last = "last" in time ? length(time.last) : undefined;
  return {
    ...{ filter, until, text, order },
    ...(since === undefined ? {} : { since }),
    ...(last === undefined ? {} : { last: last / 1000 }),
  };
}

function place(): Place {
  const scope = own.value?.scope ?? "";
  const now = parse(new Date(question.value.asOf).toISOString()) ?? 0n;
  return { origin: location.origin, scope, isConfined: isConfined.value, now };
}
