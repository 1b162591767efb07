import type { Item, Kind, Stock } from "./types.ts";
import type { Words } from "../messages/index.ts";
import { clock, secondsUntil } from "./time.ts";

export const KINDS: readonly Kind[] = ["unique", "edition", "keys", "unlimited"];

export type StockTone = "good" | "held" | "gone";

type StockWords = Words["common"]["stock"];

/** A hold is still on when a card reads it; `now` is the server's clock in ms. */
function heldWords(held: number, nextAt: string | null, now: number, words: StockWords): string {
  const left = nextAt ? secondsUntil(nextAt, now) : undefined;
  if (left === undefined) return words.held(held);
  return left > 0 ? words.heldBackIn(held, clock(left)) : words.heldBackSoon(held);
}

/** The one line that says whether an item can be had: "3 left", "2 held, back in 2:13", "Sold out". */
export function stockWords(
  item: Pick<Item, "stock" | "nextAt">,
  now: number,
  words: StockWords,
): { text: string; tone: StockTone } {
  const { stock, nextAt } = item;
  if (!stock) return { text: words.always, tone: "good" };
  if (stock.available > 0) return { text: words.left(stock.available), tone: "good" };
  if (stock.held > 0) return { text: heldWords(stock.held, nextAt, now, words), tone: "held" };
  return { text: words.soldOut, tone: "gone" };
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
