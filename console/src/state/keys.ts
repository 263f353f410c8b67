import { signal } from "@preact/signals";
import { isAborted, Offline, Problem, type CreatedKey, type KnownKey, type NewKey } from "../api/client";
import { api, may, own, resume } from "./session";

const NOT_YOURS = "Your key may not manage keys.";

const known = signal<readonly KnownKey[] | undefined>(undefined);
const wrong = signal<string | undefined>(undefined);
const made = signal<CreatedKey | undefined>(undefined);

/** The keys of the scope, newest first; undefined until the log has listed them. */
export const keys = known;
/** Why the log refused the last request. */
export const problem = wrong;
/** The key that was just made; its secret is shown only once. */
export const created = made;

export async function load(signal?: AbortSignal): Promise<void> {
  await tried(async () => {
    await resume();
    if (own.value && !may("admin")) wrong.value = NOT_YOURS;
    else known.value = (await api.keys(signal)).reverse();
  });
}

/** Make a key; returns whether it was made. */
export async function create(key: NewKey): Promise<boolean> {
  return tried(async () => {
    made.value = await api.createKey(key);
    known.value = (await api.keys()).reverse();
  });
}

export async function revoke(id: string): Promise<void> {
  await tried(async () => {
    await api.revokeKey(id);
    known.value = (await api.keys()).reverse();
  });
}

/** Forget the secret of the key that was just made. */
export function forget(): void {
  made.value = undefined;
}

async function tried(ask: () => Promise<void>): Promise<boolean> {
  wrong.value = undefined;
  try {
    await ask();
    return true;
  } catch (error) {
    if (isAborted(error)) return false;
    if (!(error instanceof Problem || error instanceof Offline)) throw error;
    wrong.value = reason(error);
    return false;
  }
}

function reason(error: Problem | Offline): string {
  return error instanceof Problem && error.status === 403 && !error.detail
    ? NOT_YOURS
    : error.message;
}
