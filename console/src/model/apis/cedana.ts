// Cedana's events: a window of whole seconds that ends when you ask.

import { both } from "../filter";
import * as micros from "../micros";
import { curl } from "../shell";
import {
  bearer,
  Terms,
  type Api,
  type Asked,
  type Cannot,
  type Difference,
  type Parameter,
  type Place,
} from "./api";
import { newestFirst } from "./dws";

const LONGEST = 2n ** 31n - 1n;

interface Window {
  seconds: bigint | number;
  differences: Difference[];
  notes: string[];
}

export const cedana: Api = {
  name: "cedana",
  title: "Cedana",
  write(asked, place) {
    const terms = new Terms(asked.terms);
    const operation = terms.one("type");
    const resourceType = terms.one("target.type");
    const window = windowOf(asked, place);
    if ("cannot" in window) return { cannot: [...terms.left, ...window.cannot] };
    if (terms.left.length) return { cannot: terms.left };
    const parameters: Parameter[] = [["time", `${window.seconds}`]];
    if (operation !== undefined) parameters.push(["operation", operation]);
    if (resourceType !== undefined) parameters.push(["resource_type", resourceType]);
    const command = curl(bearer("Bearer"), `${place.origin}/v2/events`, parameters);
    const notes = [...window.notes, ...newestFirst(asked.order)];
    return { commands: [command], differences: window.differences, notes };
  },
};

function windowOf({ last, since, until, text }: Asked, { now }: Place): Window | Cannot {
  if (last !== undefined) {
    const notes = ["This API counts back from the moment when you run it."];
    return { seconds: last, differences: [], notes };
  }
  if (since !== undefined || until !== undefined) return { cannot: ["a range of fixed times"] };
  const outside = `time < 1970-01-01 OR time >= ${micros.format(now)}`;
  const differences = [{ filter: both(text, outside), what: "before 1970 or in the future" }];
  return { seconds: LONGEST, differences, notes: [] };
}
