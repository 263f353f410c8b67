import * as micros from "../micros";
import { curl } from "../shell";
import { bearer, PAGE, Terms, whole, type Api, type Parameter } from "./api";

const LISTS: Readonly<Record<string, string>> = {
  id: "guids",
  type: "types",
  "target.id": "target_guids",
  project_id: "space_guids",
  organization_id: "organization_guids",
};

export const cloudfoundryV3: Api = {
  name: "cloudfoundry-v3",
  title: "Cloud Foundry v3",
  write(asked, { origin }) {
    const terms = new Terms(asked.terms);
    const parameters = lists(terms);
    if (terms.left.length) return { cannot: terms.left };
    const { since, until, differences } = whole(asked, micros.SECOND, "second");
    if (since !== undefined) parameters.push(["created_ats[gte]", micros.format(since)]);
    if (until !== undefined) parameters.push(["created_ats[lt]", micros.format(until)]);
    const command = curl(bearer("bearer"), `${origin}/cf/v3/audit_events`, [
      ...parameters,
      ["order_by", asked.order === "desc" ? "-created_at" : "created_at"],
      ["per_page", PAGE],
    ]);
    return { commands: [command], differences, notes: [] };
  },
};

function lists(terms: Terms): Parameter[] {
  const wanted = Object.entries(LISTS).map(([field, name]) => ({ name, values: terms.oneOf(field) }));
  const unwanted = { name: "target_guids[not]", values: terms.noneOf("target.id") };
  return [...wanted, unwanted].flatMap(({ name, values }): Parameter[] =>
    values ? [[name, values.map(escaped).join()]] : [],
  );
}

/** Escape a value of a list: it is decoded once more after the list is split at its commas. */
function escaped(value: string): string {
  return value.replaceAll("%", "%25").replaceAll(",", "%2C");
}
