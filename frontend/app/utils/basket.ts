import type { Item, Kind, Sum } from "./types.ts";

/** What one order may hold; the contract of orders says the same. */
export const MOST_LINES = 10;
const MOST_COPIES = 20;

/** Copies of an item that somebody means to buy, and the item as they saw it, so that a change can be told. */
export interface BasketLine {
  itemId: string;
  quantity: number;
  title: string;
  kind: Kind;
  price: Sum;
  seller: { id: string; name: string };
}

/** What of an item is put into a basket. */
export type Basketed = Pick<Item, "id" | "title" | "kind" | "price" | "perBuyer" | "seller" | "stock">;

/** The lines of one seller, which become one order. */
export interface BasketGroup {
  seller: { id: string; name: string };
  lines: BasketLine[];
}

const isLine = (line: Partial<BasketLine> | null): line is BasketLine =>
  typeof line?.itemId === "string" &&
  Number.isInteger(line.quantity) &&
  line.quantity! > 0 &&
  typeof line.title === "string" &&
  typeof line.kind === "string" &&
  Number.isInteger(line.price?.amount) &&
  typeof line.seller?.id === "string" &&
  typeof line.seller.name === "string";

/** What a browser kept; whatever it was that it did not understand is left out. */
export function readBasket(kept: string | null): BasketLine[] {
  try {
    const lines: unknown = JSON.parse(kept ?? "[]");
    return Array.isArray(lines) ? lines.filter(isLine) : [];
  } catch {
    return [];
  }
}

/** How many copies one order may ask for, whatever is free right now. */
export function mostOf({ kind, perBuyer }: Pick<Item, "kind" | "perBuyer">): number {
  if (kind === "unique" || kind === "unlimited") return 1;
  return Math.min(MOST_COPIES, perBuyer ?? MOST_COPIES);
}

/** The basket with so many more copies, as many as one order may ask for; undefined when its seller's order is full. */
export function withItem(lines: BasketLine[], item: Basketed, quantity: number): BasketLine[] | undefined {
  const { id: itemId, title, kind, price, seller } = item;
  const before = lines.find((line) => line.itemId === itemId);
  const others = lines.filter((line) => line.seller.id === seller.id);
  if (!before && others.length >= MOST_LINES) return undefined;
  const copies = Math.min(mostOf(item), (before?.quantity ?? 0) + quantity);
  const line = { itemId, quantity: copies, title, kind, price, seller };
  return before ? lines.map((other) => (other === before ? line : other)) : [...lines, line];
}

/** What keeps a line from being ordered; `n` is how many copies are left, or how many one buyer may have. */
export interface Trouble {
  why: "gone" | "own" | "soldOut" | "allHeld" | "few" | "limit";
  n: number;
}

/** Judges a line by the item as it is now, null where it is no longer to be had, and by who buys. Stock is inventory's to judge. */
export function troubleOf(line: BasketLine, item: Item | null, buyer: string | undefined): Trouble | undefined {
  if (item?.status !== "published") return { why: "gone", n: 0 };
  if (item.seller.id === buyer) return { why: "own", n: 0 };
  const most = mostOf(item);
  if (line.quantity > most) return { why: "limit", n: most };
  if (!item.stock || item.stock.available >= line.quantity) return undefined;
  const { available, held } = item.stock;
  if (available > 0) return { why: "few", n: available };
  return { why: held > 0 ? "allHeld" : "soldOut", n: 0 };
}

/** By seller, in the order in which the sellers came into the basket. */
export function groupsOf(lines: BasketLine[]): BasketGroup[] {
  const groups = new Map<string, BasketGroup>();
  for (const line of lines) {
    const group = groups.get(line.seller.id) ?? { seller: line.seller, lines: [] };
    group.lines.push(line);
    groups.set(line.seller.id, group);
  }
  return [...groups.values()];
}
