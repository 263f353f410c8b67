import type { View } from "../model/address";

const STORED = "polylog-view";

/** What the page keeps in this browser; an address can say otherwise. */
type Kept = Pick<View, "columns" | "dense" | "zone">;

/** The view of an address. Columns, rows and zone that it does not name are those the reader chose before. */
export function preferred(view: View, url: URL): View {
  const kept = stored();
  const { searchParams } = url;
  return {
    ...view,
    ...(kept.columns && !searchParams.has("columns") ? { columns: kept.columns } : {}),
    ...(kept.dense !== undefined && !searchParams.has("rows") ? { dense: kept.dense } : {}),
    ...(kept.zone && !searchParams.has("zone") ? { zone: kept.zone } : {}),
  };
}

/** Keep the reader's choices. */
export function keep({ columns, dense, zone }: Kept): void {
  localStorage.setItem(STORED, JSON.stringify({ columns, dense, zone }));
}

function stored(): Partial<Kept> {
  const found = parse(localStorage.getItem(STORED) ?? "{}");
  const { columns, dense, zone } = found;
  const isColumns = Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === "string");
  return {
    ...(isColumns ? { columns: columns as string[] } : {}),
    ...(typeof dense === "boolean" ? { dense } : {}),
    ...(zone === "utc" || zone === "local" ? { zone } : {}),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as object) };
  } catch {
    return {};
  }
}
