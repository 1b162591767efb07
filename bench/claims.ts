/** A measured promise. */
export interface Claim {
  claim: string;
  goal: string;
  figure: string;
  /** Undefined: shown beside the others, and promised by nobody. */
  met?: boolean;
}

/** A figure that has to stay below a limit. */
export const atMost = (claim: string, limit: number, unit: string, value: number, beside = ""): Claim => ({
  claim,
  goal: `≤ ${limit} ${unit}`,
  figure: `${rounded(value)} ${unit}${beside && `, ${beside}`}`,
  met: value <= limit,
});

/** A figure to see the others by. */
export const shown = (claim: string, figure: string): Claim => ({ claim, goal: "", figure });

/** Three digits are as much as a noisy machine can tell. */
export const rounded = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

export function table(claims: Claim[]): string {
  const rows = [
    ["claim", "goal", "figure", ""],
    ...claims.map(({ claim, goal, figure, met }) => [
      claim,
      goal,
      figure,
      met === undefined ? "" : met ? "met" : "missed",
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return [line(rows[0]!), widths.map((width) => "─".repeat(width)).join("  "), ...rows.slice(1).map(line)].join("\n");
}
