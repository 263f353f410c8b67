import { computed, effect } from "@preact/signals";
import { isAborted, Offline, Problem } from "../api/client";
import { floor, format, parse, SECOND } from "../model/micros";
import { api } from "./session";
import { extend, question, view } from "./view";

/** The last time that can be written. */
const LATEST = parse("9999-12-31T23:59:59.999999Z") ?? 0n;

/** The bars know no parts of a millisecond: the window ends with a whole second. */
function end(last: bigint): bigint {
  const next = floor(last, SECOND) + SECOND;
  return next < LATEST ? next : LATEST;
}

/**
 * All time includes events of times to come. The window ends soon after the last of them, and not
 * nowhere: with an end it stays as it is while a reader pages, although more events arrive.
 */
export function follow(): () => void {
  const asked = computed(() => ("all" in view.value.time ? question.value.asOf : undefined));
  return effect(() => {
    if (asked.value === undefined) return undefined;
    const aborter = new AbortController();
    void look(new Date(asked.value).toISOString(), aborter.signal);
    return () => aborter.abort();
  });
}

async function look(now: string, aborted: AbortSignal): Promise<void> {
  try {
    const { events } = await api.list({ text: `time >= ${now}` }, { skip: 0, size: 1, order: "desc" }, aborted);
    const last = parse(events[0]?.time ?? "");
    if (last !== undefined && !aborted.aborted) extend(format(end(last)));
  } catch (error) {
    // The list says what is wrong: it asks the same service.
    if (!(isAborted(error) || error instanceof Problem || error instanceof Offline)) throw error;
  }
}
