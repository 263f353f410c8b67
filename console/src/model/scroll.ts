/**
 * Where rows of one height stand in a list of any length, by arithmetic alone.
 *
 * Browsers give no element more than some 16 million pixels. A longer list is *scaled*: the scroll
 * bar's element stays at `TALLEST`, and its position stands for a place in the list, in proportion.
 * `offset` is that place: the pixels of the list above the first one shown, as if nothing were scaled.
 */
export interface Extent {
  readonly rows: number;
  readonly rowHeight: number;
  /** The height that is shown, in pixels. */
  readonly viewport: number;
}

export const TALLEST = 8_000_000;

function whole({ rows, rowHeight }: Extent): number {
  return rows * rowHeight;
}

/** The height of the element that the scroll bar moves. */
export function height(extent: Extent): number {
  return Math.min(whole(extent), TALLEST);
}

export function isScaled(extent: Extent): boolean {
  return whole(extent) > TALLEST;
}

/** The largest offset: the last row stands at the bottom. */
export function farthest(extent: Extent): number {
  return Math.max(0, whole(extent) - extent.viewport);
}

export function clamp(extent: Extent, offset: number): number {
  return Math.min(Math.max(0, offset), farthest(extent));
}

/** The offset that a position of the scroll bar stands for. */
export function offsetAt(extent: Extent, scrollTop: number): number {
  if (!isScaled(extent)) return clamp(extent, scrollTop);
  const way = height(extent) - extent.viewport;
  return clamp(extent, (scrollTop / way) * farthest(extent));
}

/** The position of the scroll bar that stands for an offset. */
export function scrollTopAt(extent: Extent, offset: number): number {
  if (!isScaled(extent)) return clamp(extent, offset);
  const way = height(extent) - extent.viewport;
  return (clamp(extent, offset) / farthest(extent)) * way;
}

/** The rows that are seen at an offset, wholly or in part: the first, and the one after the last. */
export function seen(extent: Extent, offset: number): [number, number] {
  const first = Math.floor(offset / extent.rowHeight);
  const end = Math.ceil((offset + extent.viewport) / extent.rowHeight);
  return [Math.max(0, first), Math.min(extent.rows, end)];
}

/** The offset nearest to this one at which a row is wholly seen. */
export function revealing(extent: Extent, offset: number, row: number): number {
  const top = row * extent.rowHeight;
  const highest = top + extent.rowHeight - extent.viewport;
  return clamp(extent, Math.min(top, Math.max(highest, offset)));
}
