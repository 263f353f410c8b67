import type { Sought } from "./filter";

/** A piece of a text, and whether a filter asked for it. */
export interface Piece {
  text: string;
  isFound: boolean;
}

/** Where a text alone is looked for. */
const SEARCHED = new Set(["message", "actor.id", "actor.name", "target.id", "target.name"]);

/** The text of a field in pieces, those that a filter asked for apart. */
export function highlight(text: string, field: string, asked: readonly Sought[]): Piece[] {
  const marks = asked.filter((each) => (each.field === undefined ? SEARCHED.has(field) : each.field === field));
  const spans = marks.flatMap((mark) => mark.pieces.flatMap((piece) => find(text, piece, mark.anyCase)));
  return cut(text, spans.sort(([a], [b]) => a - b));
}

function find(text: string, piece: string, anyCase: boolean): [number, number][] {
  const [where, what] = anyCase ? [text.toLowerCase(), piece.toLowerCase()] : [text, piece];
  // Where lower case has another length, places would be wrong.
  if (where.length !== text.length) return [];
  const spans: [number, number][] = [];
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + what.length)) spans.push([at, at + what.length]);
  return spans;
}

function cut(text: string, spans: readonly [number, number][]): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const [start, end] of spans) {
    if (end <= done) continue;
    const from = Math.max(start, done);
    if (from > done) pieces.push({ text: text.slice(done, from), isFound: false });
    pieces.push({ text: text.slice(from, end), isFound: true });
    done = end;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isFound: false });
  return pieces;
}
