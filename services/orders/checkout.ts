import { createHash } from "node:crypto";
import { fail } from "../../core/errors.ts";
import type { Quote } from "../items/items.contract.ts";
import { MAX_AMOUNT, money, type Person } from "../schemas.ts";
import type { Line, OrderDoc, Verdict409 } from "./order.machine.ts";

/** What a buyer asks for. */
export interface Wish {
  lines: { itemId: string; quantity: number }[];
  email?: string | undefined;
  total?: { amount: number; currency: string } | undefined;
}

/** Kinds of which one order takes a single copy a line. */
const SINGLE = ["unique", "unlimited"];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** One insert of this id decides between rivals with the same key. Guests' keys are UUIDs, since nobody signs in for them. */
export function orderId(scope: string, key: string, guest: boolean): string {
  if (guest && !UUID.test(key)) throw fail("BAD_IDEMPOTENCY_KEY");
  return digest(`${scope}\n${key}`);
}

/** A hash of what was asked, to tell a repetition from a reuse of its key. */
export const bodyHash = ({ lines, email, total }: Wish): string =>
  digest(JSON.stringify([lines.map(({ itemId, quantity }) => [itemId, quantity]), email, total?.amount]));

/** An order before its first write: its lines with title and price frozen, or the 409 that refuses it. */
export type Draft = Pick<OrderDoc, "lines" | "seller" | "total"> & { refusal?: Verdict409 };

/** Judges a wish by the catalogue alone; stock and limits are inventory's. */
export function draft({ lines, total }: Wish, quotes: Quote[], user: Person | null): Draft {
  if (new Set(lines.map(({ itemId }) => itemId)).size < lines.length)
    throw fail("VALIDATION_ERROR", [{ field: "lines", rule: "uniqueItems" }]);
  const byId = new Map(quotes.map((quote) => [quote.id, quote]));
  const drafted = lines.map(({ itemId, quantity }, n): Line & { seller: Person } => {
    const quote = byId.get(itemId);
    if (!quote?.forSale) throw fail("NOT_FOUND", { itemId });
    const { title, kind, price, perBuyer, seller } = quote;
    return { id: String(n + 1), itemId, title, kind, quantity, unitPrice: price, perBuyer, serials: [], seller };
  });
  const { seller } = drafted[0]!;
  const order = {
    seller,
    lines: drafted.map(({ seller: _, ...line }) => line),
    total: drafted.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0),
  };
  if (drafted.some((line) => line.seller.id !== seller.id))
    return { ...order, refusal: { type: "MIXED_SELLERS", data: {} } };
  if (seller.id === user?.id) throw fail("OWN_ITEM");
  const single = drafted.find(({ kind, quantity }) => SINGLE.includes(kind) && quantity > 1);
  if (single) return { ...order, refusal: { type: "LIMIT_REACHED", data: { itemId: single.itemId, limit: 1 } } };
  if (order.total > MAX_AMOUNT) {
    const { itemId, unitPrice } = drafted[0]!;
    return {
      ...order,
      refusal: { type: "LIMIT_REACHED", data: { itemId, limit: Math.floor(MAX_AMOUNT / unitPrice) } },
    };
  }
  if (total && total.amount !== order.total)
    return { ...order, refusal: { type: "PRICE_CHANGED", data: { total: money(order.total) } } };
  return order;
}

/** The order's first write: reserving, or refused already. */
export function newOrder(
  asked: Pick<OrderDoc, "_id" | "buyer" | "user" | "email" | "body">,
  { refusal, ...drafted }: Draft,
  now: number,
  holdSeconds: number,
): Omit<OrderDoc, "v" | "outbox" | "due"> {
  const common = { ...asked, ...drafted, history: [], createdAt: now, expiresAt: now + holdSeconds * 1000 };
  return refusal ? { ...common, state: "rejected", refusal, closedAt: now } : { ...common, state: "reserving" };
}
