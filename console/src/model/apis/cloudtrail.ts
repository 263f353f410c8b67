// AWS CloudTrail's LookupEvents, asked with the AWS CLI: a range of time and one attribute.

import { both, equals, quote } from "../filter";
import type { Node } from "../grammar";
import * as micros from "../micros";
import { command, quoted } from "../shell";
import type { Term } from "../terms";
import { isFilled, Terms, whole, type Api, type Asked, type Difference, type Whole } from "./api";
import { newestFirst } from "./dws";

const ATTRIBUTES: Readonly<Record<string, string>> = {
  id: "EventId",
  type: "EventName",
  source: "EventSource",
  "data.readOnly": "ReadOnly",
  "data.userIdentity.accessKeyId": "AccessKeyId",
};
const INSIGHT = "Insight";
const SERVICE = "AWSService";
const LONGEST = 2000;

const CREDENTIALS = [
  'AWS_ACCESS_KEY_ID="${TOKEN%%.*}" AWS_SECRET_ACCESS_KEY="${TOKEN#*.}"',
  "AWS_DEFAULT_REGION=eu-central-1",
].join(" ");

interface Attribute {
  key: string;
  value: string;
  differences: Difference[];
}

export const cloudtrail: Api = {
  name: "cloudtrail",
  title: "AWS CloudTrail",
  write(asked, { origin }) {
    const terms = new Terms(asked.terms);
    const category = categoryOf(terms, asked.text);
    const attribute = attributeOf(terms, asked);
    if (terms.left.length) return { cannot: attribute ? ["more than one condition besides the time"] : terms.left };
    const { since, until, differences } = times(asked);
    const parts = [
      CREDENTIALS,
      `aws cloudtrail lookup-events --endpoint-url ${quoted(origin)}`,
      ...(category.isInsight ? ["--event-category insight"] : []),
      ...(attribute ? [lookup(attribute)] : []),
      ...(since === undefined ? [] : [`--start-time ${micros.format(since)}`]),
      ...(until === undefined ? [] : [`--end-time ${micros.format(until)}`]),
    ];
    differences.push(...category.differences, ...(attribute?.differences ?? []));
    return { commands: [command(...parts)], differences, notes: newestFirst(asked.order) };
  },
};

/** The AWS CLI sends whole seconds, and CloudTrail includes the last one. */
function times({ until, ...asked }: Asked): Whole {
  const first = whole(asked, micros.SECOND, "second");
  if (until === undefined) return first;
  const last = micros.floor(until - 1n, micros.SECOND);
  const filter = both(asked.text, `time > ${micros.format(last)}`);
  const what = "within the second at which the time range ends";
  const differences = last === until - 1n ? [] : [{ filter, what }];
  return { ...first, until: last, differences: [...first.differences, ...differences] };
}

function lookup({ key, value }: Attribute): string {
  const json = JSON.stringify([{ AttributeKey: key, AttributeValue: value }]);
  return `--lookup-attributes ${quoted(json)}`;
}

/** CloudTrail lists Insights separately from all other events. */
function categoryOf(terms: Terms, text: string): { isInsight: boolean; differences: Difference[] } {
  const isInsight = terms.one("category", (value) => value === INSIGHT) !== undefined;
  const isOther = terms.take((term) => isWithout(term, "category", INSIGHT)) !== undefined;
  if (isInsight || isOther) return { isInsight, differences: [] };
  const filter = both(text, equals("category", INSIGHT));
  return { isInsight, differences: [{ filter, what: "of CloudTrail Insights, which it lists separately" }] };
}

function isWithout(term: Term, field: string, value: string): true | undefined {
  const is = term.is === "none of" && term.field === field && term.values.join() === value;
  return is || undefined;
}

function attributeOf(terms: Terms, asked: Asked): Attribute | undefined {
  for (const [field, key] of Object.entries(ATTRIBUTES)) {
    const value = terms.one(field, isTaken);
    if (value !== undefined) return { key, value, differences: [] };
  }
  return terms.take(resourceOf) ?? userOf(terms, asked.text) ?? targetOf(terms, asked);
}

function isTaken(value: string): boolean {
  return isFilled(value) && [...value].length <= LONGEST;
}

/** Return the attribute of an OR that asks for exactly what a lookup by resource finds. */
function resourceOf(term: Term): Attribute | undefined {
  if (term.is !== "either") return undefined;
  const parts = term.terms.map(part).sort().join(" ");
  const [value] = term.terms.map((node) => (node.is === "compare" ? node.value : undefined));
  if (typeof value !== "string" || !isTaken(value)) return undefined;
  if (term.terms.some((node) => node.is !== "compare" || node.value !== value)) return undefined;
  const key = RESOURCES[parts];
  return key ? { key, value, differences: [] } : undefined;
}

const RESOURCES: Readonly<Record<string, string>> = {
  "links: target.id= target.name=": "ResourceName",
  "links: target.type=": "ResourceType",
};

function part(node: Node): string {
  return node.is === "compare" ? node.field + node.op : "";
}

function userOf(terms: Terms, text: string): Attribute | undefined {
  const value = terms.one("actor.name", isTaken);
  if (value === undefined) return undefined;
  const isPerson = terms.take((term) => isWithout(term, "actor.type", SERVICE));
  const filter = both(text, equals("actor.type", SERVICE));
  const differences = isPerson ? [] : [{ filter, what: "by AWS services, which have no user name" }];
  return { key: "Username", value, differences };
}

/** A lookup by resource looks in the target's id, its name and the links; the question asks only for one. */
function targetOf(terms: Terms, asked: Asked): Attribute | undefined {
  for (const [field, others] of Object.entries(OF_RESOURCES)) {
    const value = terms.one(field, isTaken);
    if (value === undefined) continue;
    const key = field === "target.type" ? "ResourceType" : "ResourceName";
    const text = quote(value);
    const more = `(${others.map((each) => `${each} ${text}`).join(" OR ")}) AND ${field} != ${text}`;
    const what = `with this value in ${others.map((each) => each.split(" ")[0]).join(" or ")}`;
    return { key, value, differences: [{ filter: within(asked, more), what }] };
  }
  return undefined;
}

const OF_RESOURCES: Readonly<Record<string, readonly string[]>> = {
  "target.id": ["target.name =", "links :"],
  "target.name": ["target.id =", "links :"],
  "target.type": ["links :"],
};

function within({ since, until }: Asked, condition: string): string {
  const begin = since === undefined ? "" : `time >= ${micros.format(since)}`;
  const end = until === undefined ? "" : `time < ${micros.format(until)}`;
  return both(both(begin, end), condition);
}
