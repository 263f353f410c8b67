import { useState } from "preact/hooks";
import type { NewKey as Wanted } from "../api/client";
import { iso, DAY } from "../model/times";
import { create } from "../state/keys";
import { own } from "../state/session";

const PERMISSIONS = [
  { name: "read", meaning: "ask for events" },
  { name: "write", meaning: "store events" },
  { name: "admin", meaning: "manage keys" },
] as const;

const EXPIRIES = [
  { days: "1", name: "in a day" },
  { days: "30", name: "in 30 days" },
  { days: "90", name: "in 90 days" },
  { days: "365", name: "in a year" },
  { days: "", name: "never" },
];

const USUAL = "90";

/** Makes a key with exactly the chosen permissions. */
export function NewKey() {
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState(0);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setMaking(true);
    if (await create(wanted(new FormData(event.currentTarget as HTMLFormElement)))) setMade(made + 1);
    setMaking(false);
  }

  return (
    <form key={made} class="keys-form" aria-label="Make a key" onSubmit={(event) => void submit(event)}>
      <h3>Make a key</h3>
      <fieldset>
        <legend>It may</legend>
        {PERMISSIONS.map(({ name, meaning }) => (
          <label key={name}>
            <input type="checkbox" name="permissions" value={name} defaultChecked={name === "read"} />
            <span>{name} <span class="quiet">({meaning})</span></span>
          </label>
        ))}
      </fieldset>
      <div class="keys-fields">
        <label class="field">
          <span>It expires</span>
          <select class="select" name="expiry">
            {EXPIRIES.map(({ days, name }) => <option key={days} value={days} selected={days === USUAL}>{name}</option>)}
          </select>
        </label>
        <Confined name="organization_id" label="Only this organization" of={own.value?.organization_id} />
        <Confined name="project_id" label="Only this project" of={own.value?.project_id} />
      </div>
      <p><button class="button main" disabled={isMaking}>{isMaking ? "Making…" : "Make a key"}</button></p>
    </form>
  );
}

/** A part of the log. A key that is limited to a part makes keys for that part. */
function Confined({ name, label, of }: { name: string; label: string; of: string | undefined }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input class="input mono" name={name} maxLength={256} autocomplete="off" spellcheck={false} placeholder="any" readOnly={of !== undefined} defaultValue={of ?? ""} />
    </label>
  );
}

function wanted(form: FormData): Wanted {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const chosen = form.getAll("permissions");
  const permissions = PERMISSIONS.map(({ name }) => name).filter((name) => chosen.includes(name));
  const days = Number(text("expiry"));
  return {
    permissions,
    ...(text("organization_id") ? { organization_id: text("organization_id") } : {}),
    ...(text("project_id") ? { project_id: text("project_id") } : {}),
    ...(days ? { expires_at: iso(Date.now() + days * DAY) } : {}),
  };
}
