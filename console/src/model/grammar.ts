// A filter as a tree. This follows layers/polylog/polylog/language/parser.py, which decides. A filter
// with a mistake has no tree here; the log says what the mistake is.

import * as micros from "./micros";
import { isQuoted, tokensOf, unquoted, type Token } from "./tokens";

export type Op = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":";
export type Value = string | number | bigint;

/** Times are in microseconds. A `pattern` is a text with wildcards, a `text` has no field. */
export type Node =
  | { is: "and" | "or"; terms: Node[] }
  | { is: "not"; term: Node }
  | { is: "compare"; field: string; op: Op; value: Value }
  | { is: "pattern"; field: string }
  | { is: "text"; text: string };

const OPERATORS: readonly string[] = ["=", "!=", "<", "<=", ">", ">=", ":"];
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

class Mistake extends Error {}

/** Return the tree of a filter; undefined if the filter has a mistake. */
export function parse(text: string): Node | undefined {
  try {
    return new Parser(tokensOf(text)).filter();
  } catch (error) {
    if (error instanceof Mistake) return undefined;
    throw error;
  }
}

type Leaf = (token: Token) => Node;

class Parser {
  private place = 0;

  constructor(private readonly tokens: Token[]) {}

  filter(): Node {
    if (!this.tokens.length) return { is: "and", terms: [] };
    const whole = this.expression((token) => this.restriction(token), false);
    if (this.next) throw new Mistake();
    return whole;
  }

  private get next(): Token | undefined {
    return this.tokens[this.place];
  }

  private takes(kind: Token["kind"]): boolean {
    const isNext = this.next?.kind === kind;
    if (isNext) this.place += 1;
    return isNext;
  }

  private expression(leaf: Leaf, isValue: boolean): Node {
    const factors = [this.factor(leaf, isValue)];
    while (this.next && this.next.kind !== "close") {
      this.takes("and");
      factors.push(this.factor(leaf, isValue));
    }
    return joined("and", factors);
  }

  private factor(leaf: Leaf, isValue: boolean): Node {
    const terms = [this.term(leaf, isValue)];
    while (this.takes("or")) terms.push(this.term(leaf, isValue));
    return joined("or", terms);
  }

  private term(leaf: Leaf, isValue: boolean): Node {
    const isNot = this.takes("not") || (!isValue && this.takesMinus());
    const term = this.simple(leaf, isValue);
    return isNot ? { is: "not", term } : term;
  }

  private takesMinus(): boolean {
    const token = this.next;
    if (token?.kind !== "text" || !token.text.startsWith("-")) return false;
    if (token.text === "-") this.place += 1;
    else this.tokens[this.place] = { ...token, text: token.text.slice(1), from: token.from + 1 };
    return true;
  }

  private simple(leaf: Leaf, isValue: boolean): Node {
    if (this.takes("open")) return this.group(leaf, isValue);
    const token = this.next;
    if (token?.kind !== "text") throw new Mistake();
    this.place += 1;
    return leaf(token);
  }

  private group(leaf: Leaf, isValue: boolean): Node {
    const isEmpty = this.next?.kind === "close" && !isValue;
    const inner: Node = isEmpty ? { is: "and", terms: [] } : this.expression(leaf, isValue);
    if (!this.takes("close")) throw new Mistake();
    return inner;
  }

  private restriction(token: Token): Node {
    const operator = this.next;
    if (operator?.kind !== "operator") return { is: "text", text: textOf(token) };
    if (!OPERATORS.includes(operator.text)) throw new Mistake();
    this.place += 1;
    const op = operator.text as Op;
    return this.simple((value) => comparison(token.text, op, value), true);
  }
}

function joined(is: "and" | "or", terms: Node[]): Node {
  const [first] = terms;
  return first && terms.length === 1 ? first : { is, terms };
}

function textOf(token: Token): string {
  if (isQuoted(token.text)) return unquoted(token.text);
  if (/["']/.test(token.text)) throw new Mistake();
  return token.text;
}

function comparison(field: string, op: Op, token: Token): Node {
  if (op === ":") {
    if (token.text === "*") return { is: "compare", field, op: "!=", value: "" };
    return { is: "compare", field, op, value: textOf(token) };
  }
  if (hasWildcard(token.text) && (op === "=" || op === "!=")) {
    const pattern: Node = { is: "pattern", field };
    return op === "=" ? pattern : { is: "not", term: pattern };
  }
  return { is: "compare", field, op, value: valueOf(field, token) };
}

function hasWildcard(text: string): boolean {
  return text.replace(/\\[^]/g, "").includes("*");
}

function valueOf(field: string, token: Token): Value {
  if (field === "time") {
    const time = micros.parse(textOf(token));
    if (time === undefined) throw new Mistake();
    return time;
  }
  if (token.text === "null") return "";
  if (field.startsWith("data.") && NUMBER.test(token.text)) return Number(token.text);
  return textOf(token);
}
