export type Rank = "plain" | "warning" | "danger";

const RANKS: readonly [RegExp, Rank][] = [
  [/^(crit|fatal|emerg|alert|err|fail|major|high)/i, "danger"],
  [/^(warn|minor|medium)/i, "warning"],
];

/** How bad a severity is, by its usual names: severities are texts without an order. */
export function rankOf(severity: string): Rank {
  return RANKS.find(([words]) => words.test(severity))?.[1] ?? "plain";
}

/** The numbers of the colours that suit each rank, the best first. */
const COLOURS: Readonly<Record<Rank, readonly number[]>> = {
  danger: [4, 3, 1],
  warning: [1, 5, 2],
  plain: [0, 2, 5, 3, 1, 4],
};

/** A colour for each severity; bad ones look bad. */
export function coloursOf(severities: readonly string[]): number[] {
  const taken = new Set<number>();
  const ranked = severities.map((severity, at) => ({ at, rank: rankOf(severity) }));
  const found: number[] = [];
  // The bad ones choose first.
  for (const rank of ["danger", "warning", "plain"] as const) {
    for (const { at } of ranked.filter((each) => each.rank === rank)) {
      const colour = [...COLOURS[rank], ...COLOURS.plain].find((each) => !taken.has(each)) ?? 0;
      taken.add(colour);
      found[at] = colour;
    }
  }
  return found;
}
