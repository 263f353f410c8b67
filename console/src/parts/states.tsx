import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Attempt, Trouble } from "../state/attempt";
import { mistake } from "../state/mistake";
import "./states.css";

interface NoticeProps {
  title: string;
  kind?: "plain" | "warning" | "danger";
  children?: ComponentChildren;
}

/** A message to the reader in place of something that cannot be shown. */
export function Notice({ title, kind = "plain", children }: NoticeProps) {
  return (
    <div class={`notice ${kind}`} role={kind === "danger" ? "alert" : "status"}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Why there is no answer, and what the reader can do. */
export function Troubled({ trouble, attempt }: { trouble: Trouble; attempt: Pick<Attempt<unknown>, "again"> }) {
  if (trouble.kind === "refused") return <Refused trouble={trouble} />;
  return (
    <Notice title={trouble.isOffline ? "The service does not answer" : "The service cannot answer now"} kind="warning">
      <p>{trouble.isOffline ? "Check the connection." : sentence(trouble.reason)} <NextTry at={trouble.at} /></p>
      <p><button type="button" class="button" onClick={() => void attempt.again()}>Try now</button></p>
    </Notice>
  );
}

function Refused({ trouble }: { trouble: Extract<Trouble, { kind: "refused" }> }) {
  const { problem } = trouble;
  if (problem.isTooBroad) {
    return (
      <Notice title="This question is too broad" kind="warning">
        <p>The service would have to read too many events. Choose a shorter time, or name a type, an actor, a target, a project or an organization.</p>
      </Notice>
    );
  }
  const title = problem.parameter === "filter" ? "The filter cannot be read" : problem.title;
  return <Notice title={title} kind="danger"><p>{sentence(mistake.value?.text ?? problem.detail)}</p></Notice>;
}

/** The message of the service as a sentence. */
function sentence(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1).replace(/([^.])$/, "$1.");
}

/** The seconds until the next try. */
export function NextTry({ at }: { at: number | undefined }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  if (at === undefined) return null;
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  return <span class="number" aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s.` : "Trying again…"}</span>;
}
