// A question in every API that can express it, for the command line, and as a link.

import { ces } from "./apis/ces";
import { cedana } from "./apis/cedana";
import { cloudfoundry } from "./apis/cloudfoundry";
import { cloudfoundryV3 } from "./apis/cloudfoundry_v3";
import { cloudtrail } from "./apis/cloudtrail";
import { dws } from "./apis/dws";
import { native } from "./apis/native";
import { waldur } from "./apis/waldur";
import type { Api, Asked, Cannot, Commands, Place } from "./apis/api";
import { command, quoted } from "./shell";
import { conjunctionOf, isImpossible } from "./terms";

export type { Cannot, Commands, Difference, Place } from "./apis/api";

/** The other APIs, in the order of docs/apis.md. */
export const APIS: readonly Api[] = [
  cloudfoundry,
  cloudfoundryV3,
  cloudtrail,
  cedana,
  waldur,
  dws,
  ces,
];

/** A question as the page asks it: `text` is the filter with its time bounds. */
export interface Sentence {
  filter: string;
  since?: string;
  until?: string;
  text: string;
  order: "asc" | "desc";
  last?: number;
}

export interface Translation {
  name: string;
  title: string;
  written: Commands | Cannot;
}

/** Return the question in the form of each API, Polylog's own first. */
export function translations(sentence: Sentence, place: Place): Translation[] {
  const { text, order, last } = sentence;
  const found = conjunctionOf(text);
  const asked: Asked = { terms: [], ...found, text, order, ...(last === undefined ? {} : { last }) };
  const write = (api: Api): Commands | Cannot => {
    if (!found) return { cannot: ["a filter with a mistake"] };
    if (isImpossible(found)) return { cannot: ["a question that no event can answer"] };
    return api.write(asked, place);
  };
  const own = { name: native.name, title: native.title, written: native.write(asked, place) };
  return [own, ...APIS.map((api) => ({ name: api.name, title: api.title, written: write(api) }))];
}

/** Return the question for Polylog's command line. */
export function commandLine({ filter, since, until, order }: Sentence, { origin }: Place): string {
  const times = [
    ...(since === undefined ? [] : [`--since ${since}`]),
    ...(until === undefined ? [] : [`--until ${until}`]),
  ];
  return command(
    ["polylog query", ...(order === "asc" ? ["--order asc"] : []), ...times].join(" "),
    `--url ${quoted(origin)} --token "$TOKEN"${filter ? ` -- ${quoted(filter)}` : ""}`,
  );
}
