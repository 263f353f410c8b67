import { computed, signal } from "@preact/signals";
import { Api, Offline, Problem, type Own } from "../api/client";
import { Attempt } from "./attempt";

const STORED = "polylog-key";
const MAY_NOT_READ = "This key may not read events.";

/** The key is kept only for this tab. It is never in the address, and goes when the tab is closed. */
const key = signal<string | undefined>(sessionStorage.getItem(STORED) ?? undefined);
const known = new Attempt<Own>();
const refused = signal<string | undefined>(undefined);

/** What the key allows; undefined until the service has said so. */
export const own = known.answer;

/** Whether the key sees only one organization or project. */
export const isConfined = computed(() => own.value?.organization_id !== undefined || own.value?.project_id !== undefined);

/** `out` without a key, `expired` if the service refused the key, otherwise `in`. */
export const standing = computed<"out" | "expired" | "in">(() => {
  if (refused.value !== undefined) return "expired";
  return key.value === undefined ? "out" : "in";
});

/** Whether the key has a permission; false until the service has said which it has. */
export function may(permission: "read" | "write" | "admin"): boolean {
  return own.value?.permissions.includes(permission) ?? false;
}

/** The service, with the key of this tab. */
export const api = new Api(
  () => key.value,
  (token) => {
    if (token === key.value) refused.value = token;
  },
);

/** Sign in with a key; returns the reason if the service does not accept it. */
export async function signIn(token: string): Promise<string | undefined> {
  const trimmed = token.trim();
  if (!trimmed) return "Enter a key.";
  try {
    const found = await new Api(() => trimmed).me();
    if (!found.permissions.includes("read")) return MAY_NOT_READ;
    known.stop();
    own.value = found;
  } catch (error) {
    return reason(error);
  }
  sessionStorage.setItem(STORED, trimmed);
  // Another key may see less than the last one, so nothing may stay in memory. The view is in the address.
  if (refused.value !== undefined) location.reload();
  else key.value = trimmed;
  return undefined;
}

/** After a reload, ask what the key of this tab allows. The answer also tells the service's time. */
export async function resume(): Promise<void> {
  if (key.peek() !== undefined && own.peek() === undefined) await known.ask((aborted) => api.me(aborted));
}

/** Forget the key, the view, and everything that was shown. */
export function signOut(): void {
  sessionStorage.removeItem(STORED);
  location.assign("/");
}

function reason(error: unknown): string {
  if (error instanceof Problem && error.status === 401) return "The service does not know this key, or it has expired or was revoked.";
  if (error instanceof Problem && error.status === 403) return MAY_NOT_READ;
  if (error instanceof Problem) return error.message;
  if (error instanceof Offline) return "The service does not answer. Check the connection, and try again.";
  // The key has characters that a header cannot contain.
  if (error instanceof TypeError) return "This is not a key.";
  throw error;
}
