import { signal } from "@preact/signals";
import { isAborted, Offline, Problem, type Explanation } from "../api/client";
import { api, isConfined } from "./session";
import { question, view } from "./view";

/** How the log finds the first page of the question and its total. */
export type Told =
  | { is: "asking" }
  | { is: "told"; explanation: Explanation }
  | { is: "refused"; reason: string };

const CONFINED = "Your key is confined to a part of the log. An explanation would tell about events outside of that part.";

const said = signal<Told>({ is: "asking" });
export const told = said;

/** Ask the question once more, for its explanation. */
export async function explain(signal: AbortSignal): Promise<void> {
  said.value = isConfined.value ? { is: "refused", reason: CONFINED } : { is: "asking" };
  if (isConfined.value) return;
  const page = { skip: 0, size: 100, order: view.value.order, total: true, explain: true };
  try {
    const { explanation } = await api.list(question.value, page, signal);
    said.value = explanation
      ? { is: "told", explanation }
      : { is: "refused", reason: "The service does not explain its answers." };
  } catch (error) {
    if (!isAborted(error)) said.value = { is: "refused", reason: reason(error) };
  }
}

function reason(error: unknown): string {
  if (error instanceof Problem && error.status === 403) {
    return CONFINED;
  }
  if (error instanceof Problem || error instanceof Offline) return error.message;
  throw error;
}
