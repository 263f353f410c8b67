import { lines, type Event, type Line } from "../model/event";
import { exact } from "../model/times";
import { view } from "../state/view";
import { Copy } from "./copy";
import { Marked } from "./marked";
import { OnlyNot } from "./only-not";

/** The members of an event, each with buttons to ask for its value, leave it out, or copy it. */
export function EventFields({ event }: { event: Event }) {
  return <dl class="fields">{lines(event).map((line) => <Field key={line.field + line.value} line={line} />)}</dl>;
}

/** Fields that a filter cannot compare with `=`. */
const NOT_EQUAL = new Set(["time", "links"]);

function Field({ line: { field, value } }: { line: Line }) {
  const isFilter = !NOT_EQUAL.has(field) && !value.startsWith("[");
  return (
    <div class="fields-line">
      <dt>{field}</dt>
      <dd>
        <span class="fields-value">{field === "time" ? exact(value, view.value.zone) : <Marked field={field} text={value} />}</span>
        <span class="fields-tools">
          {isFilter && <OnlyNot field={field} value={value} />}
          <Copy title={`Copy ${field}`} text={() => value} />
        </span>
      </dd>
    </div>
  );
}
