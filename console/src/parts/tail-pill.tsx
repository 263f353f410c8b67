import { counted } from "../model/numbers";
import { unseen } from "../state/place";
import { select } from "../state/selection";
import * as tail from "../state/tail";
import { view } from "../state/view";
import { Icon } from "./icon";
import { NextTry } from "./states";

/** The state of the tail: what is new, and the buttons to pause and resume. */
export function TailPill() {
  if (!view.value.tail) return null;
  const isPaused = tail.isPaused.value;
  const waiting = tail.waiting.value;
  return (
    <span class="tail" role="group" aria-label="Tail">
      <i class={`tail-dot ${isPaused || tail.trouble.value ? "still" : ""}`} />
      <span class="tail-word quiet" role="status">{word()}</span>
      {unseen.value > 0 && !isPaused && (
        <button type="button" class="button main tail-new number" onClick={() => select(0)}><Icon name="up" />{counted(unseen.value)} new</button>
      )}
      {isPaused
        ? <button type="button" class="button number" onClick={tail.resume}><Icon name="play" />{waiting > 0 ? `Show ${counted(waiting)}${tail.isFull.value ? "+" : ""} new` : "Resume"}</button>
        : <button type="button" class="button plain" onClick={tail.pause}><Icon name="pause" />Pause</button>}
    </span>
  );
}

function word() {
  const trouble = tail.trouble.value;
  if (trouble?.kind === "refused") return `The tail stopped: ${trouble.problem.message}`;
  if (trouble) return <>Nothing is lost. <NextTry at={trouble.at} /></>;
  if (tail.isPaused.value) return "Paused. New events wait.";
  return tail.isHeldBack.value ? "Held back: an earlier event may still arrive." : "Following new events";
}
