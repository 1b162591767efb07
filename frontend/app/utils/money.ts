/** What a person typed as a price, in cents: "12", "12.5", "12,50", "€ 12.50". Undefined when it is no amount. */
export function parseEuros(text: string): number | undefined {
  const match = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text.replace(/[\s€]/g, ""));
  if (!match) return undefined;
  return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}

/** The reverse, for a text field: 1250 → "12.50". */
export const euroText = (amount: number) => (amount / 100).toFixed(2);
