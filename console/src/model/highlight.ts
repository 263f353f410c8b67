import type { Sought } from "./filter";

/** A piece of a text, and whether a filter asked for it. */
export interface Piece {
  text: string;
  isFound: boolean;
}

/** The fields that a text without a field name searches. */
const SEARCHED = new Set(["message", "actor.id", "actor.name", "target.id", "target.name"]);

/** Cut the text of a field into pieces, so that those a filter asked for can be marked. */
export function highlight(text: string, field: string, asked: readonly Sought[]): Piece[] {
  const marks = asked.filter((each) => (each.field === undefined ? SEARCHED.has(field) : each.field === field));
  const spans = marks.flatMap((mark) => mark.pieces.flatMap((piece) => find(text, piece, mark.anyCase)));
  return cut(text, spans.sort(([a], [b]) => a - b));
}

function find(text: string, piece: string, anyCase: boolean): [number, number][] {
  const [where, what] = anyCase ? [text.toLowerCase(), piece.toLowerCase()] : [text, piece];
  // If lower case changes the length, the positions would be wrong.
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
