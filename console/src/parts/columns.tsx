import { DEFAULT } from "../model/address";
import { column, COLUMNS } from "../model/event";
import { shown } from "../state/columns";
import { navigate } from "../state/view";
import { Icon } from "./icon";
import { Popover } from "./popover";
import "./columns.css";

/** Chooses which columns the list has. */
export function Columns() {
  const chosen = shown.value;
  const others = chosen.filter((name) => !COLUMNS.some((each) => each.name === name));
  const names = [...COLUMNS.map(({ name }) => name), ...others];
  function add(event: SubmitEvent) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = String(new FormData(form).get("field") ?? "").trim();
    if (name && !chosen.includes(name) && !name.includes(",")) navigate({ columns: [...chosen, name] });
    form.reset();
  }
  return (
    <Popover label={<><Icon name="columns" /><span class="wide-only">Columns</span></>} title="Columns" className="button plain" side="right">
      {() => (
        <div class="columns">
          <ul>{names.map((name) => <li key={name}><Choice name={name} /></li>)}</ul>
          <form class="columns-add" onSubmit={add}>
            <input class="input grow" name="field" aria-label="Another field" placeholder="data.request.instances" spellcheck={false} />
            <button class="button">Add</button>
          </form>
          <button type="button" class="button plain" onClick={() => navigate({ columns: DEFAULT.columns })}>Default columns</button>
        </div>
      )}
    </Popover>
  );
}

function Choice({ name }: { name: string }) {
  const chosen = shown.value;
  const at = chosen.indexOf(name);
  const turn = () => navigate({ columns: at < 0 ? [...chosen, name] : chosen.filter((each) => each !== name) });
  const isOnly = at >= 0 && chosen.length === 1;
  const { title } = column(name);
  return (
    <div class="columns-choice">
      <label class="grow"><input type="checkbox" checked={at >= 0} disabled={isOnly} onChange={turn} /> {title}</label>
      {at >= 0 && (
        <>
          <button type="button" class="button plain icon" disabled={at === 0} aria-label={`${title} to the left`} title="To the left" onClick={() => move(at, at - 1)}><Icon name="left" /></button>
          <button type="button" class="button plain icon" disabled={at === chosen.length - 1} aria-label={`${title} to the right`} title="To the right" onClick={() => move(at, at + 1)}><Icon name="right" /></button>
        </>
      )}
    </div>
  );
}

function move(from: number, to: number): void {
  const columns = [...shown.peek()];
  const [name] = columns.splice(from, 1);
  if (name !== undefined) columns.splice(to, 0, name);
  navigate({ columns });
}
