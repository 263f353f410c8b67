import * as micros from "../micros";
import { curl } from "../shell";
import { bearer, isFilled, PAGE, Terms, whole, type Api, type Asked, type Parameter } from "./api";

const UUIDS: Readonly<Record<string, string>> = {
  organization_id: "customer_uuid",
  project_id: "project_uuid",
  "actor.id": "user_uuid",
};

export const waldur: Api = {
  name: "waldur",
  title: "Waldur",
  write(asked, { origin, isConfined }) {
    if (isConfined) return { cannot: ["all events that a confined key may see"] };
    const terms = new Terms(asked.terms);
    const parameters = chosen(terms);
    if (terms.left.length) return { cannot: terms.left };
    const { differences, ...times } = whole(asked, micros.SECOND, "second");
    const command = curl(bearer("Token"), `${origin}/api/events/`, [
      ...parameters,
      ...range(times),
      ["o", asked.order === "desc" ? "-created" : "created"],
      ["page_size", PAGE],
    ]);
    return { commands: [command], differences, notes: [] };
  },
};

function range({ since, until }: Pick<Asked, "since" | "until">): Parameter[] {
  const parameters: Parameter[] = [];
  if (since !== undefined) parameters.push(["created_from", `${since / micros.SECOND}`]);
  if (until !== undefined) parameters.push(["created_to", `${until / micros.SECOND}`]);
  return parameters;
}

function chosen(terms: Terms): Parameter[] {
  const types = terms.oneOf("type") ?? [];
  const parameters = types.map((type): Parameter => ["event_type", type]);
  for (const [field, name] of Object.entries(UUIDS)) {
    const uuid = terms.one(field, isHex);
    if (uuid !== undefined) parameters.push([name, uuid]);
  }
  const method = terms.one("data.auth_method", isStripped);
  if (method !== undefined) parameters.push(["auth_method", method]);
  const words = terms.take((term) =>
    term.is === "compared" && term.field === "message" && isStripped(term.value) && term.op === ":"
      ? term.value
      : undefined,
  );
  if (words !== undefined) parameters.push(["message", words]);
  return parameters;
}

/** The API reads any form of a UUID, and looks for this one. */
function isHex(value: string): boolean {
  return /^[0-9a-f]{32}$/.test(value);
}

function isStripped(value: string): boolean {
  return isFilled(value) && value.trim() === value;
}
