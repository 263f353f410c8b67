import { useEffect, useState } from "preact/hooks";
import type { KnownKey } from "../api/client";
import { counted } from "../model/numbers";
import { short, zoneName, type Zone } from "../model/times";
import { keys, load, problem, revoke } from "../state/keys";
import { may, own } from "../state/session";
import { navigate, view } from "../state/view";
import { KeySecret } from "./key-secret";
import { NewKey } from "./new-key";
import "./keys.css";

/** The keys of the scope: shows what each may do, makes a new one, and revokes one. */
export function Keys() {
  useEffect(() => {
    const controller = new AbortController();
    void load(controller.signal);
    return () => controller.abort();
  }, []);
  return (
    <main class="keys">
      <header>
        <h2>Keys{own.value && ` of ${own.value.scope}`}</h2>
        <p class="quiet">
          A key says what its owner may do, and in which part of the log. <a href="/" onClick={toEvents}>Back to the events</a>
        </p>
      </header>
      {problem.value !== undefined && <p class="keys-problem" role="alert">{problem.value}</p>}
      <KeySecret />
      {may("admin") && <NewKey />}
      <List />
    </main>
  );
}

function toEvents(event: MouseEvent) {
  event.preventDefault();
  navigate({ page: "events" });
}

function List() {
  const known = keys.value;
  if (!known) return problem.value === undefined ? <p class="quiet" role="status">Loading the keys…</p> : null;
  return (
    <section>
      <h3>{known.length === 1 ? "One key" : `${counted(known.length)} keys`}</h3>
      <table class="keys-table">
        <thead>
          <tr>
            {["Key", "State", "May", "Only in", `Made (${zoneName(view.value.zone)})`, "Expires"].map((name) => <th key={name} scope="col">{name}</th>)}
            <th scope="col"><span class="hidden">What to do</span></th>
          </tr>
        </thead>
        <tbody>{known.map((key) => <Row key={key.key_id} of={key} zone={view.value.zone} />)}</tbody>
      </table>
    </section>
  );
}

function Row({ of, zone }: { of: KnownKey; zone: Zone }) {
  const isOwn = of.key_id === own.value?.key_id;
  const confined = [
    of.organization_id !== undefined && `organization ${of.organization_id}`,
    of.project_id !== undefined && `project ${of.project_id}`,
  ].filter(Boolean);
  return (
    <tr class={of.state === "valid" ? "" : "is-not-valid"}>
      <th scope="row" data-name="Key"><span class="mono">{of.key_id}{isOwn && " (yours)"}</span></th>
      <td data-name="State"><span><span class={`keys-state ${of.state}`}>{of.state}</span></span></td>
      <td data-name="May">{of.permissions.join(", ")}</td>
      <td data-name="Only in">{confined.join(", ") || "all of the log"}</td>
      <td data-name="Made"><Time at={of.created_at} zone={zone} /></td>
      <td data-name="Expires">{of.expires_at ? <Time at={of.expires_at} zone={zone} /> : "never"}</td>
      <td>{of.state === "valid" && may("admin") && <Revoke id={of.key_id} isOwn={isOwn} />}</td>
    </tr>
  );
}

function Time({ at, zone }: { at: string; zone: Zone }) {
  return <time dateTime={at}>{short(at, zone)}</time>;
}

/** Asks once more, because a revoked key stays revoked. */
function Revoke({ id, isOwn }: { id: string; isOwn: boolean }) {
  const [isSure, setSure] = useState(false);
  if (!isSure) {
    return (
      <button type="button" class="button" onClick={() => setSure(true)}>
        Revoke<span class="hidden"> {id}</span>
      </button>
    );
  }
  return (
    <span class="keys-sure" role="group" aria-label={`Revoke ${id}?`}>
      <span>{isOwn ? "This is your own key. Revoke it for good?" : "Revoke it for good?"}</span>
      <button type="button" class="button danger" onClick={() => void revoke(id)}>Revoke</button>
      <button type="button" class="button" autofocus onClick={() => setSure(false)}>Keep</button>
    </span>
  );
}
