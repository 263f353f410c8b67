import { leaveOut, only, standingOf } from "../state/conditions";
import { Icon } from "./icon";

/** The two buttons of a value: only this, and not this. */
export function OnlyNot({ field, value }: { field: string; value: string }) {
  const standing = standingOf(field, value);
  const name = value || "(none)";
  const press = (act: (field: string, value: string) => void) => (event: MouseEvent) => {
    event.stopPropagation();
    act(field, value);
  };
  return (
    <span class="only-not">
      <button type="button" class="button icon" aria-pressed={standing === "only"} title={`Only ${field} ${name}`} aria-label={`Only ${field} ${name}`} onClick={press(only)}><Icon name="plus" /></button>
      <button type="button" class="button icon" aria-pressed={standing === "not"} title={`Not ${field} ${name}`} aria-label={`Not ${field} ${name}`} onClick={press(leaveOut)}><Icon name="minus" /></button>
    </span>
  );
}
