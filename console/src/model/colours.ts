/** The numbers of the colours, in the order in which values get them. */
const COLOURS: readonly number[] = [0, 1, 2, 3, 4, 5];

/** A colour for each value: the one that it had before, if no value earlier in the list has it, or else the first free one. */
export function steadyColours(values: readonly string[], before: ReadonlyMap<string, number>): number[] {
  const taken = new Set<number>();
  const kept = values.map((value) => {
    const colour = before.get(value);
    if (colour === undefined || taken.has(colour)) return undefined;
    taken.add(colour);
    return colour;
  });
  return kept.map((colour) => {
    const free = colour ?? COLOURS.find((each) => !taken.has(each)) ?? 0;
    taken.add(free);
    return free;
  });
}
