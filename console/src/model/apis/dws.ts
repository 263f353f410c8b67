import { curl } from "../shell";
import { PAGE, Terms, type Api } from "./api";

/** Its API has no filters: it lists everything. */
export const dws: Api = {
  name: "dws",
  title: "GaussDB(DWS)",
  write({ terms, since, until, order }, { origin, scope }) {
    const left = new Terms(terms).left;
    if (since !== undefined || until !== undefined) left.push("a time range");
    if (left.length) return { cannot: left };
    const url = `${origin}/v2/${scope}/events`;
    const commands = [curl("X-Auth-Token: $TOKEN", url, [["limit", PAGE]])];
    return { commands, differences: [], notes: newestFirst(order) };
  },
};

export function newestFirst(order: "asc" | "desc"): string[] {
  return order === "asc" ? ["This API lists the newest events first."] : [];
}
