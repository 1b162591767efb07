import type { Item, Kind, Stock } from "./types.ts";
import type { Words } from "../messages/index.ts";
import { clock, secondsUntil } from "./time.ts";

export const KINDS: readonly Kind[] = ["unique", "edition", "keys", "unlimited"];

export type StockTone = "good" | "held" | "gone";

type StockWords = Words["common"]["stock"];
type TruthWords = Words["common"]["truth"];

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

/** What is being held, as a sentence of its own; "" when nothing is. */
export function truthWords(held: number, nextAt: string | null, now: number, words: TruthWords): string {
  if (held === 0) return "";
  if (!nextAt) return words.beingHeld(held);
  const left = secondsUntil(nextAt, now);
  return left > 0 ? words.backIn(held, clock(left)) : words.backSoon(held);
}

/** A part that is there at all is seen, however small: no less than this of the whole meter. */
const LEAST_SHARE = 0.02;

/** All copies as parts of a meter, with what share of it they take; those that are none are left out. */
export function meterOf({ total, sold, held, available }: Stock): { part: "sold" | "held" | "free"; share: number }[] {
  const parts = [
    { part: "sold" as const, share: sold / total },
    { part: "held" as const, share: held / total },
    { part: "free" as const, share: available / total },
  ];
  return parts
    .filter(({ share }) => share > 0)
    .map(({ part, share }) => ({ part, share: Math.max(share, LEAST_SHARE) }));
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
