// Cloud Foundry's v2 events. Times are exact: the log reads fractions of a second in `timestamp`.

import * as micros from "../micros";
import { curl } from "../shell";
import type { Term } from "../terms";
import { bearer, PAGE, Terms, type Api, type Asked } from "./api";

const NAMES: Readonly<Record<string, string>> = {
  type: "type",
  "target.id": "actee",
  project_id: "space_guid",
  organization_id: "organization_guid",
};

export const cloudfoundry: Api = {
  name: "cloudfoundry",
  title: "Cloud Foundry v2",
  write(asked, { origin }) {
    const terms = new Terms(asked.terms);
    const conditions = [...times(asked), ...taken(terms)];
    if (terms.left.length) return { cannot: terms.left };
    const command = curl(bearer("bearer"), `${origin}/cf/v2/events`, [
      ...conditions.map((each): [string, string] => ["q", each.replaceAll(";", ";;")]),
      ["order-direction", asked.order],
      ["results-per-page", PAGE],
    ]);
    return { commands: [command], differences: [], notes: [] };
  },
};

function times({ since, until }: Asked): string[] {
  return [
    ...(since === undefined ? [] : [`timestamp>=${micros.format(since)}`]),
    ...(until === undefined ? [] : [`timestamp<${micros.format(until)}`]),
  ];
}

function* taken(terms: Terms): Generator<string> {
  for (;;) {
    const condition = terms.take(conditionOf);
    if (condition === undefined) return;
    yield condition;
  }
}

/** Return the condition of a term. A list separates values by commas, and cannot hold empty ones. */
function conditionOf(term: Term): string | undefined {
  if (term.is !== "one of" && term.is !== "compared") return undefined;
  const name = NAMES[term.field];
  if (!name) return undefined;
  if (term.is === "compared") {
    return term.op === ":" || term.value.startsWith("=") ? undefined : name + term.op + term.value;
  }
  const [value, ...more] = term.values;
  if (!more.length) return `${name}:${value ?? ""}`;
  const isListed = term.values.every((each) => each && !each.includes(","));
  return isListed ? `${name} IN ${term.values.join()}` : undefined;
}
