import { createHash } from "node:crypto";
import type { Caller } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { Cluster } from "../define.ts";
import type { Applied, Reason } from "../discounts/discounts.contract.ts";
import type { Quote } from "../items/items.contract.ts";
import { MAX_AMOUNT, money, type Person } from "../schemas.ts";
import type { Line, OrderDoc, Verdict409 } from "./order.ts";

/** What a buyer asks for. */
export interface Wish {
  lines: { itemId: string; quantity: number }[];
  email?: string | undefined;
  code?: string | undefined;
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
export const bodyHash = ({ lines, email, total, code }: Wish): string => {
  const asked = [lines.map(({ itemId, quantity }) => [itemId, quantity]), email, total?.amount];
  // Without a code it is the hash that it was before there were any.
  return digest(JSON.stringify(code === undefined ? asked : [...asked, code.toUpperCase()]));
};

/** An order before its first write: its lines with title and price frozen, or the 409 that refuses it. */
export type Draft = Pick<OrderDoc, "lines" | "seller" | "total" | "discount"> & { refusal?: Verdict409 };

/** Judges a wish by the catalogue and its code; stock and limits are inventory's. */
export async function judged(caller: Caller<Cluster>, wish: Wish, user: Person | null): Promise<Draft> {
  const quotes = await caller.call("items.quote", { ids: wish.lines.map(({ itemId }) => itemId) });
  let order = draft(wish, quotes, user);
  if (wish.code !== undefined && !order.refusal) {
    const lines = order.lines.map(({ itemId, unitPrice, quantity }) => ({ itemId, amount: unitPrice * quantity }));
    const code = wish.code.toUpperCase();
    order = discounted(order, code, await caller.call("discounts.apply", { seller: order.seller.id, code, lines }));
  }
  const { refusal, total } = order;
  if (refusal || !wish.total || wish.total.amount === total) return order;
  return { ...order, refusal: { type: "PRICE_CHANGED", data: { total: money(total) } } };
}

function discounted(order: Draft, code: string, applied: Applied | { reason: Reason }): Draft {
  if ("reason" in applied)
    return { ...order, refusal: { type: "CODE_INVALID", data: { code, reason: applied.reason } } };
  const { off, ...discount } = applied;
  return {
    ...order,
    lines: order.lines.map((line, n) => ({ ...line, off: off[n]! })),
    total: order.total - discount.amount,
    discount,
  };
}

/** By the catalogue alone. */
function draft({ lines }: Wish, quotes: Quote[], user: Person | null): Draft {
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
  return order;
}

/** An order before it is stored. */
export type NewOrder = Omit<OrderDoc, "v" | "outbox" | "due">;

/** The order's first write: reserving, or refused already. */
export function newOrder(
  asked: Pick<OrderDoc, "_id" | "buyer" | "user" | "email" | "lang" | "body" | "granted">,
  { refusal, ...drafted }: Draft,
  now: number,
  holdSeconds: number,
): NewOrder {
  const common = { ...asked, ...drafted, history: [], createdAt: now, expiresAt: now + holdSeconds * 1000 };
  return refusal ? { ...common, state: "rejected", refusal, closedAt: now } : { ...common, state: "reserving" };
}
