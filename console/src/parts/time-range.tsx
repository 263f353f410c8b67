import { useState } from "preact/hooks";
import { dayAgo, nameOf, PRESETS, read, short, zoneName } from "../model/times";
import { api } from "../state/session";
import { navigate, question, view } from "../state/view";
import { Icon } from "./icon";
import { Popover } from "./popover";
import "./time-range.css";

/** The button with the time range, and the panel to choose another. */
export function TimeRange() {
  const { time, zone } = view.value;
  const label = <><Icon name="clock" /><span class="time-range-name">{nameOf(time, zone)}</span><Icon name="down" /></>;
  return (
    <Popover label={label} className="button time-range" side="right">
      {(close) => (
        <div class="time-range-panel">
          <div class="popover-list" role="group" aria-label="Ranges">
            {PRESETS.map(({ last, name }) => (
              <Choice key={last} name={name} isChosen={"last" in time && time.last === last} onChoose={() => { navigate({ time: { last } }); close(); }} />
            ))}
            {["Today", "Yesterday"].map((name, days) => (
              <Choice key={name} name={name} isChosen={false} onChoose={() => { navigate({ time: dayAgo(days, zone, api.now()) }); close(); }} />
            ))}
            <Choice name="All time" isChosen={"all" in time} onChoose={() => { navigate({ time: { all: true } }); close(); }} />
          </div>
          <Between onDone={close} />
        </div>
      )}
    </Popover>
  );
}

function Choice({ name, isChosen, onChoose }: { name: string; isChosen: boolean; onChoose: () => void }) {
  return <button type="button" class="button plain" aria-current={isChosen} onClick={onChoose}>{name}</button>;
}

/** Two times, and the zone for reading and showing them. */
function Between({ onDone }: { onDone: () => void }) {
  const { zone } = view.value;
  const { since, until } = question.value;
  const [problem, setProblem] = useState<string>();
  function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [from, to] = ["since", "until"].map((name) => String(form.get(name) ?? "").trim());
    const isUpToNow = to === "" || to?.toLowerCase() === "now";
    const [start, end] = [from, isUpToNow ? "" : to].map((text) => read(text ?? "", zone, api.now()));
    if (start === undefined) return setProblem("Write the first time like 2026-11-20 14:30, yesterday or 12h.");
    if (!isUpToNow && end === undefined) return setProblem("Write the last time like 2026-11-20 14:30, today or 1h, or leave it empty for now.");
    if (end !== undefined && end <= start) return setProblem("The first time must be before the last one.");
    navigate({ time: end === undefined ? { since: start } : { since: start, until: end } });
    return onDone();
  }
  return (
    <form class="time-range-between" key={zone} onSubmit={submit}>
      <label class="field"><span>From (included)</span>
        <input class="input number" name="since" defaultValue={since === undefined ? "" : short(since, zone)} placeholder="2026-11-20 14:30" /></label>
      <label class="field"><span>To (excluded)</span>
        <input class="input number" name="until" defaultValue={short(until, zone)} placeholder="now" /></label>
      <p class="time-range-problem" role="alert">{problem}</p>
      <button class="button main">Show this time</button>
      <fieldset class="time-range-zone">
        <legend>Show times in</legend>
        {(["utc", "local"] as const).map((each) => (
          <label key={each}>
            <input type="radio" name="zone" checked={zone === each} onChange={() => navigate({ zone: each })} /> {each === "utc" ? "UTC" : `Local, ${zoneName("local")}`}
          </label>
        ))}
      </fieldset>
    </form>
  );
}
