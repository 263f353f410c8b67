/** Dollars for a million read units, on demand. */
export const DOLLARS = 0.125;

/** The dollars that a million questions cost if each takes this many read units. */
export function dollarsPerMillion(units: number): string {
  const dollars = units * DOLLARS;
  const digits = dollars >= 100 ? 0 : 2;
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
