import { computed, effect } from "@preact/signals";
import { isAborted, Offline, Problem } from "../api/client";
import { floor, format, parse, SECOND } from "../model/micros";
import { api } from "./session";
import { extend, question, view } from "./view";

/** The last possible time. */
const LATEST = parse("9999-12-31T23:59:59.999999Z") ?? 0n;

/** The window ends with a whole second, because bars have no fractions of a millisecond. */
function end(last: bigint): bigint {
  const next = floor(last, SECOND) + SECOND;
  return next < LATEST ? next : LATEST;
}

/**
 * All time includes events with times in the future. The window ends soon after the last of them. With
 * an end, it stays the same while a reader pages, even if more events arrive.
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
    // The list asks the same service, and says what is wrong.
    if (!(isAborted(error) || error instanceof Problem || error instanceof Offline)) throw error;
  }
}
