import { Fragment } from "preact";
import topics from "../../../layers/polylog/polylog/console/help.json";
import { counted } from "../model/numbers";
import { forget, past } from "../state/history";
import { close } from "../state/panels";
import { navigate } from "../state/view";
import "./help.css";

const KEYS: readonly [string[], string][] = [
  [["/"], "write the filter"],
  [["j", "k"], "next and previous event"],
  [["↑", "↓"], "previous and next event"],
  [["PgUp", "PgDn"], "a page up and down"],
  [["Home", "End"], "first and last event"],
  [["Enter"], "open the event"],
  [["Esc"], "close what is open"],
  [["g"], "go to a row or a time"],
  [["t"], "follow new events"],
  [["r"], "ask again, up to now"],
  [["?"], "this help"],
];

/** The keyboard shortcuts, and the texts of `polylog help` about filters and times. */
export function Help() {
  return (
    <div class="help">
      <section>
        <h3>Keyboard</h3>
        <dl class="help-keys">
          {KEYS.map(([keys, what]) => (
            <div key={what}>
              <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section>
        <h3>Filters</h3>
        <p class="quiet">Choose one to ask it. While you type, the bar suggests fields, and values with their counts.</p>
        <dl class="help-examples">
          {topics.filters.examples.map(({ text, means }) => (
            <Fragment key={text}>
              <dt><button type="button" onClick={() => use(text)}>{text}</button></dt>
              <dd>{means}</dd>
            </Fragment>
          ))}
        </dl>
        <Notes notes={topics.filters.notes} />
        {past.value.length > 0 && (
          <p>
            <button type="button" class="button" onClick={forget}>Forget my {counted(past.value.length)} past filters</button>{" "}
            <span class="quiet">This browser keeps them.</span>
          </p>
        )}
      </section>
      <section>
        <h3>Times</h3>
        <p class="quiet">Drag over the bars to choose a part of them.</p>
        <dl class="help-examples">
          {topics.times.examples.map(({ text, means }) => (
            <Fragment key={text}>
              <dt><code>{text}</code></dt>
              <dd>{means}</dd>
            </Fragment>
          ))}
        </dl>
        <Notes notes={topics.times.notes} />
      </section>
    </div>
  );
}

/** Sentences; text between backticks becomes code. */
function Notes({ notes }: { notes: readonly string[] }) {
  return (
    <ul class="help-list">
      {notes.map((note) => <li key={note}>{note.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</li>)}
    </ul>
  );
}

function use(filter: string) {
  navigate({ filter, page: "events" });
  close();
}
