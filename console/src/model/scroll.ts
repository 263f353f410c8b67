/**
 * Computes where rows of one height are in a list of any length.
 *
 * Browsers limit the height of an element to about 16 million pixels. A longer list is *scaled*: the
 * element that the scroll bar moves stays at `TALLEST`, and each position of the bar stands for a
 * place in the list, in proportion. `offset` is that place: the number of pixels of the unscaled list
 * above the first one shown.
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

/** The largest offset, which has the last row at the bottom. */
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

/** The rows that are visible at an offset, even in part: the first, and the one after the last. */
export function seen(extent: Extent, offset: number): [number, number] {
  const first = Math.floor(offset / extent.rowHeight);
  const end = Math.ceil((offset + extent.viewport) / extent.rowHeight);
  return [Math.max(0, first), Math.min(extent.rows, end)];
}

/** The nearest offset at which the whole row is visible. */
export function revealing(extent: Extent, offset: number, row: number): number {
  const top = row * extent.rowHeight;
  const highest = top + extent.rowHeight - extent.viewport;
  return clamp(extent, Math.min(top, Math.max(highest, offset)));
}
