import { effect, untracked } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "./parts/dialog";
import { Events } from "./parts/events";
import { Facets } from "./parts/facets";
import { Jump } from "./parts/jump";
import { listen } from "./parts/shortcuts";
import { SignIn } from "./parts/sign-in";
import { TopBar } from "./parts/top-bar";
import { dialog, type Dialog as Name } from "./state/panels";
import { api, resume, standing } from "./state/session";
import { refresh, view } from "./state/view";

/** The dialogs; most load when they are opened. */
const DIALOGS: Partial<Record<Name, { title: string; part?: ComponentType; load?: () => Promise<ComponentType> }>> = {
  jump: { title: "Go to", part: Jump },
  facets: { title: "Values", part: Facets },
  help: { title: "Help", load: async () => (await import("./parts/help")).Help },
  share: { title: "Share this question", load: async () => (await import("./parts/share")).Share },
  export: { title: "Export", load: async () => (await import("./parts/export")).Export },
  explanation: { title: "How the answer was found", load: async () => (await import("./parts/explanation")).Explanation },
};

const loadKeys = async () => (await import("./parts/keys")).Keys;

export function App() {
  useEffect(listen, []);
  useEffect(() => effect(() => {
    if (standing.value === "in") void untracked(start);
  }), []);
  if (standing.value !== "in") return <SignIn />;
  const opened = dialog.value && DIALOGS[dialog.value];
  return (
    <div class="app">
      <TopBar />
      {view.value.page === "keys" ? <Later key="keys" load={loadKeys} /> : <Events />}
      {opened && (
        <Dialog title={opened.title}>
          {opened.part ? <opened.part /> : opened.load && <Later key={dialog.value} load={opened.load} />}
        </Dialog>
      )}
    </div>
  );
}

/** If this device's clock is wrong, move the window to where it should be. */
async function start(): Promise<void> {
  await resume();
  if (Math.abs(api.now() - Date.now()) > 0) refresh();
}

/** A part that loads when it is first shown. */
function Later({ load }: { load: () => Promise<ComponentType> }): ComponentChildren {
  const [Part, setPart] = useState<ComponentType>();
  useEffect(() => void load().then((part) => setPart(() => part)), []);
  useEffect(() => Part && document.querySelector<HTMLElement>("dialog [autofocus]")?.focus(), [Part]);
  return Part ? <Part /> : <p class="quiet" role="status">Loading…</p>;
}
