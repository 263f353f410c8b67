const VALUE = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** The value of JSON text. Numbers that would lose digits become texts with all their digits. */
export function parsed(json: string): unknown {
  return JSON.parse(json.replace(VALUE, (part) => (part.startsWith('"') || String(Number(part)) === part ? part : `"${part}"`)));
}

/** A piece of JSON text, for colours. */
export interface Token {
  kind: "name" | "text" | "number" | "word" | "mark";
  text: string;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;

/** JSON on indented lines. Its numbers and texts stay as they were sent, digit for digit. */
export function indented(json: string): Token[] {
  const parts = json.match(TOKEN) ?? [];
  const tokens: Token[] = [];
  let depth = 0;
  parts.forEach((part, at) => {
    const [before, next] = [parts[at - 1], parts[at + 1]];
    const isOpening = part === "{" || part === "[";
    const isClosing = part === "}" || part === "]";
    if (isClosing) depth -= 1;
    if (isClosing && before !== "{" && before !== "[") tokens.push(line(depth));
    tokens.push({ kind: kindOf(part, next), text: part === ":" ? ": " : part });
    if (isOpening) depth += 1;
    if ((isOpening && next !== "}" && next !== "]") || part === ",") tokens.push(line(depth));
  });
  return tokens;
}

function line(depth: number): Token {
  return { kind: "mark", text: `\n${"  ".repeat(depth)}` };
}

function kindOf(part: string, next: string | undefined): Token["kind"] {
  if (part.startsWith('"')) return next === ":" ? "name" : "text";
  if (/^[-\d]/.test(part)) return "number";
  return /^[a-z]/.test(part) ? "word" : "mark";
}
