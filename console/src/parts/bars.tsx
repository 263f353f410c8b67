import { useEffect, useRef, useState } from "preact/hooks";
import type { Bar, Chart } from "../model/intervals";
import { counted, rough } from "../model/numbers";
import { iso, short } from "../model/times";
import { navigate, view } from "../state/view";
import { BarsTip, colourOf } from "./bars-tip";

const HEIGHT = 76;
/** The room over the bars for the count of the tallest one. */
const ROOM = 12;
const AXIS = 18;

interface Props {
  chart: Chart;
  isOld: boolean;
}

/** The bars. Hover over them or use the arrow keys for exact counts; drag over some to zoom in. */
export function Bars({ chart, isOld }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState<number>();
  const [from, setFrom] = useState<number>();
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const { bars } = chart;
  const last = bars.length - 1;
  const place = Math.min(at ?? last, last);
  const barAt = (event: PointerEvent) => {
    const { left } = (box.current as HTMLElement).getBoundingClientRect();
    return Math.max(0, Math.min(last, Math.floor(((event.clientX - left) / width) * bars.length)));
  };
  const zoom = (one: number, other: number) => {
    const [first, end] = [bars[Math.min(one, other)], bars[Math.max(one, other)]];
    setFrom(undefined);
    setAt(undefined);
    if (first && end) navigate({ time: { since: iso(first.start), until: iso(end.end) } });
  };
  const walk = (event: KeyboardEvent) => {
    const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: last }[event.key];
    if (event.key === "Enter") zoom(from ?? place, place);
    else if (event.key === "Escape" && (from !== undefined || at !== undefined)) {
      setFrom(undefined);
      setAt(undefined);
    } else if (next !== undefined) {
      setFrom(event.shiftKey ? (from ?? place) : undefined);
      setAt(Math.max(0, Math.min(last, at === undefined && event.key.startsWith("Arrow") ? place : next)));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = at === undefined ? undefined : together(bars, place, from ?? place);
  return (
    <div
      ref={box} class={`bars ${isOld ? "old" : ""}`} tabIndex={0} role="slider"
      aria-label="Bars. Arrows move, Shift and arrows choose several, Enter shows their time."
      aria-valuemin={0} aria-valuemax={last} aria-valuenow={place} aria-valuetext={said(together(bars, place, from ?? place))}
      onKeyDown={walk}
      onBlur={() => setAt(undefined)}
      onPointerMove={(event) => setAt(barAt(event))}
      onPointerLeave={() => from === undefined && setAt(undefined)}
      onPointerDown={(event) => {
        box.current?.setPointerCapture(event.pointerId);
        setFrom(barAt(event));
        setAt(barAt(event));
      }}
      onPointerUp={(event) => from !== undefined && zoom(from, barAt(event))}
      onPointerCancel={() => setFrom(undefined)}
    >
      <Drawing chart={chart} width={width} at={at === undefined ? undefined : place} from={from} />
      <span class="bars-most quiet number">{chart.tallest > 0 && rough(chart.tallest)}</span>
      {shown && <BarsTip chart={chart} bar={shown} x={((place + 0.5) / bars.length) * width} width={width} />}
    </div>
  );
}

interface DrawingProps {
  chart: Chart;
  width: number;
  at: number | undefined;
  from: number | undefined;
}

function Drawing({ chart, width, at, from }: DrawingProps) {
  const { bars, tallest } = chart;
  const wide = width / Math.max(1, bars.length);
  const gap = wide > 4 ? 1 : 0;
  const chosen = at === undefined ? undefined : [Math.min(at, from ?? at), Math.max(at, from ?? at)];
  return (
    <svg width={width} height={HEIGHT + AXIS} aria-hidden="true">
      {chosen && <rect class="bars-chosen" x={(chosen[0] ?? 0) * wide} y={0} width={((chosen[1] ?? 0) - (chosen[0] ?? 0) + 1) * wide} height={HEIGHT} />}
      {bars.flatMap((bar, number) => stacked(bar, tallest).map(([part, y, tall]) => (
        <rect key={`${number} ${part}`} class={colourOf(part)} x={number * wide} y={y} width={Math.max(1, wide - gap)} height={tall} />
      )))}
      <line class="bars-line" x1={0} x2={width} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
      {ticks(bars, width).map(([number, text]) => (
        <text key={number} class="bars-tick" x={number * wide} y={HEIGHT + 14}>{text}</text>
      ))}
    </svg>
  );
}

/** The parts of a bar from the bottom up: which, its top, and its height. A bar with events has at least 1 pixel. */
function stacked(bar: Bar, tallest: number): [number, number, number][] {
  const scale = Math.max(1, (bar.count / Math.max(1, tallest)) * (HEIGHT - ROOM)) / Math.max(1, bar.count);
  let y = HEIGHT;
  return bar.parts.flatMap((count, part): [number, number, number][] => {
    y -= count * scale;
    return count > 0 ? [[part, y, count * scale]] : [];
  });
}

/** The bars that get a label with their time: as many as there is room for. */
function ticks(bars: readonly Bar[], width: number): [number, string][] {
  const every = Math.max(1, Math.ceil(bars.length / Math.max(1, Math.floor(width / 120))));
  return bars.flatMap((bar, number): [number, string][] => (number % every === 0 && (number / bars.length) * width < width - 76 ? [[number, tick(bar)]] : []));
}

function tick(bar: Bar): string {
  const text = short(iso(bar.start), view.value.zone);
  return bar.end - bar.start < 86_400_000 ? text.slice(5) : text.slice(0, 10);
}

/** The bars from one to another, as one bar. */
function together(bars: readonly Bar[], one: number, other: number): Bar {
  return bars.slice(Math.min(one, other), Math.max(one, other) + 1).reduce((sum, bar) => ({
    ...sum, end: bar.end, count: sum.count + bar.count, parts: sum.parts.map((count, part) => count + (bar.parts[part] ?? 0)),
  }));
}

function said(bar: Bar): string {
  const { zone } = view.value;
  return `${short(iso(bar.start), zone)} to ${short(iso(bar.end), zone)}: ${counted(bar.count)}`;
}
