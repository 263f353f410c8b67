import { signal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import * as scroll from "../model/scroll";

/** Positions of a scroll bar count as equal if they differ by less than this: browsers round them. */
const SAME = 1.5;
const SETTLED_AFTER = 200;

/** The scroll bar of a list: it covers all rows, although only the visible ones exist. */
export class Scrolling {
  readonly offset: Signal<number> = signal(0);
  extent: scroll.Extent = { rows: 0, rowHeight: 1, viewport: 1 };
  private written = 0;
  private isTouched = false;
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly box: RefObject<HTMLElement | null>) {}

  /** Show a place of the list at the top. */
  moveTo(offset: number): void {
    this.offset.value = scroll.clamp(this.extent, offset);
    this.written = scroll.scrollTopAt(this.extent, this.offset.peek());
    if (this.box.current && Math.abs(this.box.current.scrollTop - this.written) >= SAME) this.box.current.scrollTop = this.written;
  }

  reveal(row: number): void {
    this.moveTo(scroll.revealing(this.extent, this.offset.peek(), row));
  }

  /** Set a new number of rows or another height; the row at the top stays there. */
  resize(extent: scroll.Extent): void {
    const before = this.extent;
    this.extent = extent;
    const scale = before.rows > 0 ? extent.rowHeight / before.rowHeight : 1;
    this.moveTo(this.offset.peek() * scale);
  }

  /** Follow the scroll bar. A finger moves a scaled list by the pixels of the list, not by those of the bar. */
  readonly onScroll = (): void => {
    const to = this.box.current?.scrollTop ?? 0;
    const moved = to - this.written;
    if (Math.abs(moved) < SAME) return;
    this.written = to;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.moveTo(this.offset.peek()), SETTLED_AFTER);
    const isNear = this.isTouched && Math.abs(moved) < this.extent.viewport;
    this.offset.value = scroll.isScaled(this.extent) && isNear
      ? scroll.clamp(this.extent, this.offset.peek() + moved)
      : scroll.offsetAt(this.extent, to);
  };

  /** The wheel moves a scaled list by rows: one pixel of its scroll bar stands for many rows. */
  readonly onWheel = (event: WheelEvent): void => {
    this.isTouched = false;
    if (!scroll.isScaled(this.extent) || event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    const unit = [1, this.extent.rowHeight, this.extent.viewport][event.deltaMode] ?? 1;
    this.moveTo(this.offset.peek() + event.deltaY * unit);
  };

  readonly onTouch = (): void => {
    this.isTouched = true;
  };
}

/** The scrolling of a box whose first `head` pixels stay in place. */
export function useScrolling(box: RefObject<HTMLElement | null>, rows: number, rowHeight: number, head: number): Scrolling {
  const scrolling = useMemo(() => new Scrolling(box), []);
  const [viewport, setViewport] = useState(400);
  useLayoutEffect(() => {
    const there = box.current as HTMLElement;
    const observer = new ResizeObserver(() => setViewport(Math.max(rowHeight, there.clientHeight - head)));
    observer.observe(there);
    there.addEventListener("wheel", scrolling.onWheel, { passive: false });
    return () => {
      observer.disconnect();
      there.removeEventListener("wheel", scrolling.onWheel);
    };
  }, [rowHeight, head]);
  useLayoutEffect(() => scrolling.resize({ rows, rowHeight, viewport }), [rows, rowHeight, viewport]);
  return scrolling;
}
