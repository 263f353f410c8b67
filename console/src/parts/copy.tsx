import { useState } from "preact/hooks";
import { Icon, type IconName } from "./icon";

interface Props {
  text: () => string;
  title: string;
  icon?: IconName;
  label?: string;
}

/** A button that copies a text, and says that it did. */
export function Copy({ text, title, icon = "copy", label }: Props) {
  const [said, say] = useState("");
  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      say("Copied");
    } catch {
      say("The browser does not allow copying");
    }
    setTimeout(() => say(""), 1500);
  }
  return (
    <button type="button" class={label ? "button" : "button plain icon"} title={title} aria-label={label ? undefined : title} onClick={() => void copy()}>
      {label && said ? said : <><Icon name={icon} />{label}</>}
      <span class="hidden" role="status">{said}</span>
    </button>
  );
}
