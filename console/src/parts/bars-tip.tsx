import type { Bar, Chart } from "../model/intervals";
import { counted } from "../model/numbers";
import { iso, short } from "../model/times";
import { colours } from "../state/histogram";
import { view } from "../state/view";

/** The class of a part's colour. */
export function colourOf(part: number): string {
  return `part-${colours.value[part] ?? "rest"}`;
}

/** The exact counts of one bar. */
export function BarsTip({ chart, bar, x, width }: { chart: Chart; bar: Bar; x: number; width: number }) {
  const { zone } = view.value;
  return (
    <div class="bars-tip" style={x < width / 2 ? { left: `${x + 8}px` } : { right: `${width - x + 8}px` }}>
      <p class="quiet number">{short(iso(bar.start), zone)} – {short(iso(bar.end), zone)}</p>
      <p class="number"><b>{counted(bar.count)}</b> {bar.count === 1 ? "event" : "events"}</p>
      {bar.parts.map((count, part) => count > 0 && (
        <p key={part} class="bars-tip-part"><i class={`key ${colourOf(part)}`} />
          <span class="grow">{part < chart.names.length ? chart.names[part] || "(none)" : "others"}</span><span class="number">{counted(count)}</span></p>
      ))}
    </div>
  );
}
