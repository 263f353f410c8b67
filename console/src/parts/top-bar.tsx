import { open, type Dialog } from "../state/panels";
import { own } from "../state/session";
import { toggle } from "../state/tail";
import { navigate, refresh, view } from "../state/view";
import { FilterBar } from "./filter-bar";
import { Icon, type IconName } from "./icon";
import { Menu } from "./menu";
import { TimeRange } from "./time-range";
import "./top-bar.css";

/** The bar at the top: the filter, the time, and what you can do with the answer. */
export function TopBar() {
  const { tail, page } = view.value;
  return (
    <header class="top-bar">
      <div class="top-bar-name">
        <h1><a href="/" onClick={home}>Polylog</a></h1>
        <span class="quiet" title="The scope of your key">{own.value?.scope}</span>
      </div>
      {page === "events" && (
        <>
          <FilterBar />
          <div class="top-bar-tools">
            <TimeRange />
            <button type="button" class="button icon" title="Refresh (r)" aria-label="Refresh" onClick={() => refresh()}><Icon name="refresh" /></button>
            <button type="button" class="button" title="Follow new events (t)" aria-label="Tail" aria-pressed={tail} onClick={toggle}><Icon name="live" /><span class="top-bar-word">Tail</span></button>
            <Tool name="share" icon="share" label="Share" />
            <Tool name="export" icon="export" label="Export" />
            <Tool name="explanation" icon="cost" label="Cost" />
          </div>
        </>
      )}
      <Menu />
    </header>
  );
}

function home(event: MouseEvent) {
  event.preventDefault();
  navigate({ filter: "", page: "events", event: undefined, row: undefined });
}

function Tool({ name, icon, label }: { name: Dialog; icon: IconName; label: string }) {
  return <button type="button" class="button top-bar-tool" onClick={() => open(name)}><Icon name={icon} />{label}</button>;
}
