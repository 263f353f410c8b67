// The tokens of a filter. They follow layers/polylog/polylog/language/lexer.py, but a filter that is
// still being typed has tokens too: a text without its closing quote is `broken`.

export type Kind = "open" | "close" | "and" | "or" | "not" | "operator" | "text" | "broken";

/** A piece of a filter as written; `from` and `to` are offsets from 0. */
export interface Token {
  kind: Kind;
  text: string;
  from: number;
  to: number;
}

const ESCAPE = String.raw`\\(?:["'\\/*bfnrt]|u[0-9a-fA-F]{4})`;
export const STRING = String.raw`(?:"(?:[^"\\]|${ESCAPE})*"|'(?:[^'\\]|${ESCAPE})*')`;
const TIME = String.raw`\d{4}-\d\d-\d\d[Tt]\d\d:[\d:.,]*(?:[Zz]|[+-][\d:]+)?`;
const BARE = String.raw`(?:[^\s()"'=<>:!]|!(?![=~]))`;
const TOKEN = new RegExp(
  [
    String.raw`\s*(?:(?<mark>[()])`,
    "(?<operator>[=!]~|[=<>!]=|<>|[=<>:])",
    `(?<text>(?:${TIME}|${BARE}|${STRING})(?:${BARE}|${STRING})*)`,
    String.raw`(?<broken>["'!][^]*))`,
  ].join("|"),
  "gy",
);
const WORDS: Readonly<Record<string, Kind>> = {
  "(": "open",
  ")": "close",
  AND: "and",
  OR: "or",
  NOT: "not",
};

/** Return the tokens of a filter, in order. */
export function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map(token);
}

function token(match: RegExpMatchArray): Token {
  const groups = match.groups ?? {};
  const [name, text = ""] = Object.entries(groups).find(([, value]) => value !== undefined) ?? [""];
  const to = (match.index ?? 0) + match[0].length;
  const kind = WORDS[text] ?? (name === "mark" ? "open" : (name as Kind));
  return { kind, text, from: to - text.length, to };
}

export function isQuoted(text: string): boolean {
  return new RegExp(`^${STRING}$`).test(text);
}

/** Return the text that a quoted text stands for. */
export function unquoted(text: string): string {
  const body = text
    .slice(1, -1)
    .replace(/\\[^]|["\n\r\t]/g, (found) => IN_JSON[found] ?? found);
  return JSON.parse(`"${body}"`) as string;
}

const IN_JSON: Readonly<Record<string, string>> = {
  "\\'": "'",
  "\\*": "*",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
