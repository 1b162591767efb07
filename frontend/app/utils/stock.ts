import type { Item, Kind, Stock } from "./types.ts";
import { clock, secondsUntil } from "./time.ts";

export const kindWords: Record<Kind, { one: string; short: string; many: string; hint: string }> = {
  unique: {
    one: "One of a kind",
    short: "One of a kind",
    many: "One of a kind",
    hint: "There is a single copy, sold once.",
  },
  edition: {
    one: "Numbered edition",
    short: "Edition",
    many: "Editions",
    hint: "A fixed number of copies, each with its serial.",
  },
  keys: { one: "Licence key", short: "Key", many: "Licence keys", hint: "Every copy is one of the keys you paste." },
  unlimited: { one: "Download", short: "Download", many: "Downloads", hint: "Files that never run out." },
};

export type StockTone = "good" | "held" | "gone";

/** A hold is still on when a card reads it; `now` is the server's clock in ms. */
function heldWords(held: number, nextAt: string | null, now: number): string {
  const left = nextAt ? secondsUntil(nextAt, now) : undefined;
  if (left === undefined) return `${held} held`;
  return left > 0 ? `${held} held, back in ${clock(left)}` : `${held} held, back any moment`;
}

/** The one line that says whether an item can be had: "3 left", "2 held, back in 2:13", "Sold out". */
export function stockWords(item: Pick<Item, "stock" | "nextAt">, now: number): { text: string; tone: StockTone } {
  const { stock, nextAt } = item;
  if (!stock) return { text: "Always in stock", tone: "good" };
  if (stock.available > 0) return { text: `${stock.available} left`, tone: "good" };
  if (stock.held > 0) return { text: heldWords(stock.held, nextAt, now), tone: "held" };
  return { text: "Sold out", tone: "gone" };
}

/** The stock as it will be once a hold of `quantity` is granted; shown before the server has answered. */
export function afterHold(stock: Stock | null, quantity: number): Stock | null {
  if (!stock) return null;
  const taken = Math.min(quantity, stock.available);
  return { ...stock, available: stock.available - taken, held: stock.held + taken };
}

/** How many copies one order may ask for: 1 of what is unique or unlimited, else at most 20 and what is free. */
export function mostPerOrder(item: Pick<Item, "kind" | "stock" | "perBuyer">): number {
  if (item.kind === "unique" || item.kind === "unlimited") return 1;
  return Math.max(1, Math.min(20, item.stock?.available ?? 1, item.perBuyer ?? 20));
}
