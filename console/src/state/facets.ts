import { computed, effect, signal, untracked } from "@preact/signals";
import { Problem, type Group } from "../api/client";
import { apart, type Question } from "../model/question";
import { Attempt } from "./attempt";
import { dialog } from "./panels";
import { answered, grown } from "./rows";
import { isNarrow } from "./screen";
import { api } from "./session";

export interface Facet {
  by: string;
  /** The number of values; `groups` has the largest ones. */
  size: number;
  groups: readonly Group[];
}

export interface Found {
  facets: readonly Facet[];
  /** Whether the service could count types and origins alone. */
  isPartial: boolean;
}

const FIELDS = [
  "type", "severity", "status", "origin", "actor.name", "actor.id", "target.name", "target.id",
  "project_id", "organization_id", "source",
];
const TOP = 10;
export const MOST = 1000;
const STORED = "polylog-facets";

export const facets = new Attempt<Found>();

const whole = new Map<string, Attempt<Facet>>();

/** The values of a field, up to a thousand. */
export function allOf(by: string): Attempt<Facet> {
  const found = whole.get(by) ?? new Attempt<Facet>();
  whole.set(by, found);
  return found;
}

/** Whether the panel is shown next to the list. */
export const isShown = signal(localStorage.getItem(STORED) !== "off");

/** Whether the values are visible; the page does not ask for hidden values. */
export const isSeen = computed(() => (isNarrow.value ? dialog.value === "facets" : isShown.value));

export function toggle(): void {
  isShown.value = !isShown.value;
  localStorage.setItem(STORED, isShown.value ? "on" : "off");
}

/** The facets to show: for actor and target the names, or the ids if no event has a name. */
export const shown = computed<readonly Facet[]>(() => {
  const found = facets.answer.value?.facets ?? [];
  const named = (by: string) => found.some((facet) => facet.by === by && facet.groups.some((group) => group.value));
  const hidden = ["actor", "target"].map((who) => (named(`${who}.name`) ? `${who}.id` : `${who}.name`));
  return found.filter((facet) => !hidden.includes(facet.by));
});

/** Ask whenever another question is answered, while the facets are visible. */
export function follow(): () => void {
  return effect(() => {
    const asked = answered.value;
    grown.value;
    if (asked && isSeen.value) void untracked(() => facets.ask((aborted) => fetchFacets(asked, aborted)));
  });
}

/** Ask for the values of a field whenever a question is answered; `isApart` ignores the filter's condition on it. */
export function followAll(by: string, isApart = false): () => void {
  const all = allOf(by);
  const stop = effect(() => {
    const asked = answered.value;
    grown.value;
    if (asked) void untracked(() => all.ask((aborted) => fetchAll(isApart ? apart(asked, by) : asked, by, aborted)));
  });
  return () => {
    stop();
    all.stop();
  };
}

async function fetchAll(asked: Question, by: string, aborted: AbortSignal): Promise<Facet> {
  const [facet] = (await api.facets(asked, [by], MOST, aborted)).facets;
  return { by, size: facet?.total_size ?? 0, groups: facet?.groups ?? [] };
}

async function fetchFacets(asked: Question, aborted: AbortSignal): Promise<Found> {
  try {
    const { facets: found } = await api.facets(asked, FIELDS, TOP, aborted);
    return { facets: found.map(({ by, total_size, groups }) => ({ by, size: total_size, groups })), isPartial: false };
  } catch (error) {
    if (!(error instanceof Problem && (error.isTooBroad || error.isUnavailable))) throw error;
    // The tally has types and origins: they take few reads in the largest log.
    return { facets: await Promise.all(["type", "origin"].map((by) => fetchGroups(asked, by, aborted))), isPartial: true };
  }
}

async function fetchGroups(asked: Question, by: string, aborted: AbortSignal): Promise<Facet> {
  const { groups } = await api.groups(asked, by, aborted);
  return { by, size: groups.length, groups: groups.slice(0, TOP) };
}
