/** Changes the text of filters in the service's language (AIP-160): adds conditions, and removes them. */

const TOKEN = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[()]|[^\s()"']+|\s+/gs;

function tokens(filter: string): string[] {
  return filter.match(TOKEN) ?? [];
}

/** The text in quotes. An asterisk stays an asterisk, and is not a wildcard. */
export function quote(value: string): string {
  return JSON.stringify(value).replaceAll("*", "\\*");
}

/** A field's path, with quotes around the steps that need them: `data."a.b".c`. */
export function path(...steps: string[]): string {
  return steps.map((step) => (/^[A-Za-z_][\w-]*$/.test(step) ? step : JSON.stringify(step))).join(".");
}

/** The condition that a field has a value. */
export function equals(field: string, value: string): string {
  return `${field} = ${quote(value)}`;
}

/** The opposite of a condition that is one comparison. */
export function not(condition: string): string {
  return `NOT ${condition}`;
}

/** Both conditions. `OR` binds closer than `AND`, so neither side needs parentheses. */
export function both(filter: string, condition: string): string {
  const [left, right] = [filter.trim(), condition.trim()];
  return left && right ? `${left} AND ${right}` : left || right;
}

/** The conditions that a filter joins by AND at its top. */
export function terms(filter: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let term = "";
  for (const token of tokens(filter)) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (token === "AND" && depth === 0) {
      found.push(term.trim());
      term = "";
    } else term += token;
  }
  return [...found, term.trim()].filter(Boolean);
}

/** Whether a parenthesis is not closed. */
export function isOpen(filter: string): boolean {
  return tokens(filter).reduce((depth, token) => depth + Number(token === "(") - Number(token === ")"), 0) > 0;
}

/** The condition with normal spaces, so that two can be compared. */
function plain(condition: string): string {
  return tokens(condition).map((token) => (token.trim() ? token : " ")).join("").trim();
}

/** Whether a filter has the condition at its top. */
export function has(filter: string, condition: string): boolean {
  return terms(filter).some((term) => plain(term) === plain(condition));
}

/** The filter without the condition, if it has it at its top. */
export function without(filter: string, condition: string): string {
  if (!has(filter, condition)) return filter;
  return terms(filter).filter((term) => plain(term) !== plain(condition)).join(" AND ");
}

/** The condition that a field has one of some values. */
export function anyOf(field: string, values: readonly string[]): string {
  const [first = "", ...others] = values;
  return others.length ? `${field} = (${values.map(quote).join(" OR ")})` : equals(field, first);
}

/** The term of a filter that asks a field for one of some values, and nothing else. */
export interface Choice {
  term: string;
  values: string[];
}

/** The first term at the top of a filter that is such a choice. */
export function choiceOf(filter: string, field: string): Choice | undefined {
  for (const term of terms(filter)) {
    const values = valuesIn(term, field);
    if (values) return { term, values };
  }
  return undefined;
}

/** `field = a` has one value, `field = (a OR b)` two; any other condition is no choice. */
function valuesIn(term: string, field: string): string[] | undefined {
  const [name, operator, ...rest] = comparisons(term);
  if (name !== `\u0000${field}` || operator !== "=") return undefined;
  const list = rest[0] === "(" && rest.at(-1) === ")" ? rest.slice(1, -1) : rest;
  const isList = list.length % 2 === 1 && list.every((token, at) => at % 2 === 0 || token === "OR");
  const values = list.filter((_, at) => at % 2 === 0).map(literal);
  return isList && values.every((value) => value !== undefined) ? values : undefined;
}

/** The value of a token; undefined if it has wildcards or is not a value. */
function literal(token: string): string | undefined {
  const isQuoted = /^(".*"|'.*')$/s.test(token);
  const body = isQuoted ? token.slice(1, -1) : token;
  const isWild = /\*/.test(body.replace(/\\./gs, ""));
  if (isWild || (!isQuoted && /^(AND|OR|NOT|[()]|-.*|["'].*)$/s.test(token))) return undefined;
  return unescaped(body);
}

/** A text that a filter looks for, to highlight it. */
export interface Sought {
  /** The field; undefined for a text without one, which is looked for in several fields. */
  field?: string;
  /** The pieces of the text between wildcards. */
  pieces: string[];
  /** Whether upper and lower case match. */
  anyCase: boolean;
}

const NEVER = /^(AND|OR|NOT|-)$/;
const COMPARISON = /(!=|<=|>=|=|<|>|:)/;

/** The texts that a filter asks for, without those that it excludes. */
export function sought(filter: string): Sought[] {
  const found: Sought[] = [];
  for (const term of terms(filter)) {
    if (/^(NOT\b|-)/.test(term)) continue;
    let field: string | undefined;
    let operator: string | undefined;
    let ruledOut = false;
    let depth = 0;
    for (const token of comparisons(term)) {
      if (token === "(") depth += 1;
      else if (token === ")") {
        depth -= 1;
        if (depth <= 0) field = operator = undefined;
      } else if (token === "NOT" || token === "-") ruledOut = true;
      else if (NEVER.test(token)) {
        if (depth === 0) field = operator = undefined;
        ruledOut = false;
      } else if (COMPARISON.test(token) && !/^["']/.test(token)) operator = token;
      else if (token.startsWith("\u0000")) field = token.slice(1);
      else if (!ruledOut && (operator === undefined || operator === "=" || operator === ":")) {
        found.push(of(token, field, operator));
      }
    }
  }
  return found.filter((each) => each.pieces.length > 0);
}

/** The tokens of a term. Operators are separate, and a NUL before a token marks a field. */
function comparisons(term: string): string[] {
  const split = tokens(term).flatMap((token) => (/^["'()]/.test(token) ? [token] : token.split(COMPARISON)));
  const solid = split.map((token) => token.trim()).filter(Boolean);
  return solid.map((token, at) => {
    const next = solid[at + 1];
    return next !== undefined && /^(!=|<=|>=|=|<|>|:)$/.test(next) ? `\u0000${token}` : token;
  });
}

function of(token: string, field: string | undefined, operator: string | undefined): Sought {
  const isWild = operator === "=";
  const body = /^["']/.test(token) ? token.slice(1, -1) : token;
  const pieces = (isWild ? body.split(/(?<!\\)\*/) : [body === "*" ? "" : body]).map(unescaped).filter(Boolean);
  return field === undefined ? { pieces, anyCase: true } : { field, pieces, anyCase: !isWild };
}

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, escape: string) => {
    if (escape.length === 5) return String.fromCharCode(parseInt(escape.slice(1), 16));
    return ({ n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" } as Record<string, string>)[escape] ?? escape;
  });
}
