import { signal } from "@preact/signals";

const STORED = "polylog-event-width";
const LEAST = 320;
const STEP = 24;

/** The width of the open event in pixels, as the reader left it; 0 means 40 % of the page. */
export const eventWidth = signal(Number(localStorage.getItem(STORED) ?? 0));

function widen(width: number): void {
  eventWidth.value = Math.round(Math.max(LEAST, Math.min(innerWidth * 0.7, width)));
  localStorage.setItem(STORED, String(eventWidth.value));
}

/** The edge between the list and the open event; dragging it, or the arrow keys, move it. */
export function Splitter() {
  const width = () => eventWidth.peek() || innerWidth * 0.4;
  function drag(down: PointerEvent) {
    const edge = down.currentTarget as HTMLElement;
    edge.setPointerCapture(down.pointerId);
    edge.onpointermove = (move) => widen(innerWidth - move.clientX);
    edge.onpointerup = edge.onpointercancel = () => (edge.onpointermove = null);
  }
  function step(event: KeyboardEvent) {
    const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    widen(width() + by);
  }
  return (
    <div class="splitter" role="separator" aria-orientation="vertical" aria-label="Width of the event" tabIndex={0}
      aria-valuemin={LEAST} aria-valuenow={Math.round(width())} aria-valuemax={Math.round(innerWidth * 0.7)} onPointerDown={drag} onKeyDown={step} />
  );
}
