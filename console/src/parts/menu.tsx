import { open } from "../state/panels";
import { may, own, signOut } from "../state/session";
import { switchTheme, theme } from "../state/theme";
import { navigate, view } from "../state/view";
import { Icon } from "./icon";
import { Popover } from "./popover";

const THEMES = { system: "Colours: as on this device", light: "Colours: light", dark: "Colours: dark" };

/** The menu of commands that are needed now and then. */
export function Menu() {
  const isKeys = view.value.page === "keys";
  return (
    <Popover label={<Icon name="menu" />} title="Menu" className="button icon" side="right">
      {(close) => {
        const item = (name: string, act: () => void) => (
          <button type="button" class="button plain" onClick={() => { close(); act(); }}>{name}</button>
        );
        return (
          <div class="popover-list">
            <p class="menu-own quiet">Key <span class="mono">{own.value?.key_id}</span><br />Scope {own.value?.scope}</p>
            {item("Share this question", () => open("share"))}
            {item("Export", () => open("export"))}
            {item("How the answer was found", () => open("explanation"))}
            {may("admin") && item(isKeys ? "Back to the events" : "Keys", () => navigate({ page: isKeys ? "events" : "keys" }))}
            <button type="button" class="button plain" onClick={switchTheme}>{THEMES[theme.value]}</button>
            {item("Help (?)", () => open("help"))}
            {item("Sign out", signOut)}
          </div>
        );
      }}
    </Popover>
  );
}
