import { orderedKey, type Change } from "../../core/store.ts";
import type { OrderDoc, RefundDoc, Verdict409 } from "./order.ts";
import type { OrderState } from "./order.state.ts";
import { counted } from "./sales.ts";

/** How long goods may fail to be delivered before the buyer gets the money back, ms. */
export const DELIVER_WITHIN = 3_600_000;

/**
 * The judge of an order's fate.
 *
 *     reserving ─held→ reserved ─paid→ paid ─granted→ fulfilled ─→ refunding ─→ refunded
 *         │refused       │deadline or cancel  ▲  └──────────────────────↑
 *         ▼              ▼                    │
 *     rejected        closing ── paid after all
 *                        └── expired | cancelled
 */
type Decision = Change<OrderDoc> | null;

const about = ({ _id, seller, lines }: OrderDoc) => ({
  id: _id,
  seller: seller.id,
  items: lines.map(({ itemId }) => itemId),
});

/** A change with its fact, and its line in the order's history. */
const tell = (
  order: OrderDoc,
  type: string,
  at: number,
  set: Change<OrderDoc>["set"],
  data: Record<string, unknown> = {},
): Change<OrderDoc> => ({
  set: { ...set, history: [...order.history, { at, type, data }] },
  facts: [{ type, data: { ...about(order), ...data } }],
});

const move = (
  order: OrderDoc,
  state: OrderState,
  at: number,
  set: Change<OrderDoc>["set"] = {},
  data: Record<string, unknown> = {},
): Change<OrderDoc> => tell(order, `order.${state}`, at, { ...set, state }, data);

const counts = ({ seller }: OrderDoc, countedAs: string) => ({ countedFor: seller.id, countedAs });

export const held = (order: OrderDoc, at: number): Decision =>
  order.state === "reserving"
    ? move(
        order,
        "reserved",
        at,
        { boughtBy: orderedKey(order.buyer, order.createdAt, order._id) },
        { expiresAt: order.expiresAt },
      )
    : null;

export const refused = (order: OrderDoc, refusal: Verdict409, at: number): Decision =>
  order.state === "reserving" ? move(order, "rejected", at, { refusal, closedAt: at }, { reason: refusal.type }) : null;

/** The first half of closing: decided by the deadline, or by the buyer. */
export const close = (order: OrderDoc, why: "expired" | "cancelled", at: number): Decision =>
  order.state === "reserved" && (why === "cancelled" || at >= order.expiresAt)
    ? move(order, "closing", at, { why }, { why })
    : null;

/** The second half, once the payment is closed and the units are free. */
export const closed = (order: OrderDoc, at: number): Decision =>
  order.state === "closing"
    ? move(order, order.why!, at, { closedAt: at, ...(order.why === "expired" && counts(order, counted.expired)) })
    : null;

export const paid = (order: OrderDoc, at: number): Decision =>
  order.state === "reserved" || order.state === "closing"
    ? move(order, "paid", at, {
        paidAt: at,
        soldBy: orderedKey(order.seller.id, at, order._id),
        ...counts(order, counted.sold(at, order.total, order.lines.length)),
      })
    : null;

/** There is nothing to pay. From `reserved` alone: what is closing gives its copies back, and no payment can stop that. */
export const confirmed = (order: OrderDoc, at: number): Decision =>
  order.state === "reserved" && order.total === 0 ? paid(order, at) : null;

export const fulfilled = (order: OrderDoc, serials: Map<string, number[]>, at: number): Decision =>
  order.state === "paid"
    ? move(order, "fulfilled", at, {
        lines: order.lines.map((line) => ({ ...line, serials: serials.get(line.id) ?? [] })),
      })
    : null;

export const pendingRefund = (id: string, reason: string | null, createdAt: number, key?: string): RefundDoc => ({
  id,
  reason,
  status: "pending",
  createdAt,
  ...(key && { key }),
});

export const refunding = (order: OrderDoc, refund: RefundDoc, at: number): Decision =>
  order.state === "paid" || order.state === "fulfilled"
    ? move(order, "refunding", at, { refund }, { reason: refund.reason })
    : null;

export const refunded = (order: OrderDoc, at: number): Decision =>
  order.state === "refunding"
    ? move(order, "refunded", at, {
        closedAt: at,
        refund: { ...order.refund!, status: "succeeded" },
        ...counts(order, counted.refunded(order.paidAt!, order.total, order.lines.length)),
      })
    : null;

/** The bank refused the refund: a person has to look (P7's one exception). */
export const refundFailed = (order: OrderDoc, at: number): Decision =>
  order.state === "refunding" && order.refund!.status !== "failed"
    ? tell(order, "order.refund_failed", at, { refund: { ...order.refund!, status: "failed" } })
    : null;

/** A declined card: the hold stays, the buyer may try another. */
export const declined = (order: OrderDoc, error: { code: string; message: string }, at: number): Decision =>
  order.state === "reserved" ? tell(order, "order.declined", at, { paymentError: error }, { code: error.code }) : null;

/** When the sweeper drives the order on if nobody else does, ms; null at rest. */
export function orderDue(order: OrderDoc, now: number): number | null {
  switch (order.state) {
    case "reserving":
      return now + 5000;
    case "reserved":
      return order.total === 0 ? now + 5000 : order.expiresAt;
    case "closing":
      return now + 2000;
    case "paid":
      return now + 5000;
    case "refunding":
      return order.refund!.status === "failed" ? null : now + 10_000;
    default:
      return null;
  }
}
