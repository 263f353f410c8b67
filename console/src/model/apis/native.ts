import { curl } from "../shell";
import { bearer, PAGE, type Api } from "./api";

/** Polylog's own API can ask any question. */
export const native: Api = {
  name: "native",
  title: "Polylog’s own API",
  write({ text, order }, { origin }) {
    const url = `${origin}/v1/events`;
    const commands = curl(bearer("Bearer"), url, [
      ...(text ? [["filter", text] as [string, string]] : []),
      ["order_by", `time ${order}`],
      ["page_size", PAGE],
      ["total_size", "true"],
    ]);
    return { commands: [commands], differences: [], notes: [] };
  },
};
