import { Fragment } from "preact";
import { EXAMPLES } from "../model/examples";
import { counted } from "../model/numbers";
import { forget, past } from "../state/history";
import { close } from "../state/panels";
import { navigate } from "../state/view";
import "./help.css";

const KEYS: readonly [string[], string][] = [
  [["/"], "write the filter"],
  [["j", "k"], "next and previous event"],
  [["↑", "↓"], "the same"],
  [["PgUp", "PgDn"], "a page up and down"],
  [["Home", "End"], "first and last event"],
  [["Enter"], "open the event"],
  [["Esc"], "close what is open"],
  [["g"], "go to a row or a time"],
  [["t"], "follow new events"],
  [["r"], "ask again, up to now"],
  [["?"], "this help"],
];

/** The keys of the keyboard, the language of filters, and times. */
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
        <p class="quiet">Choose one to ask it. While you write, the bar suggests fields, and values with their counts.</p>
        <dl class="help-examples">
          {EXAMPLES.map(({ filter, finds }) => (
            <Fragment key={filter}>
              <dt><button type="button" onClick={() => use(filter)}>{filter}</button></dt>
              <dd>{finds}</dd>
            </Fragment>
          ))}
        </dl>
        <ul class="help-list">
          <li>Conditions side by side must all hold, as with AND. OR binds closer than AND; parentheses help.</li>
          <li><code>=</code> minds case, <code>:</code> and a word alone do not. Put text with blanks or signs in quotes.</li>
          <li>A field that an event lacks is the empty text.</li>
        </ul>
        {past.value.length > 0 && (
          <p>
            <button type="button" class="button" onClick={forget}>Forget my {counted(past.value.length)} past filters</button>{" "}
            <span class="quiet">This browser keeps them.</span>
          </p>
        )}
      </section>
      <section>
        <h3>Times</h3>
        <ul class="help-list">
          <li>The range includes its beginning, and ends right before its end.</li>
          <li>“Last 24 hours” ends at the moment when you ask. It stays there while you read; Refresh moves it up to now.</li>
          <li>The page shows UTC or the time of this device. Links, exports and commands always mean UTC.</li>
          <li>Drag over the bars to choose a part of them.</li>
        </ul>
      </section>
    </div>
  );
}

function use(filter: string) {
  navigate({ filter, page: "events" });
  close();
}
