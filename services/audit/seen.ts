import type { OrderForOperators } from "../orders/orders.contract.ts";
import { money } from "../schemas.ts";
import type { OrderSeen } from "./audit.contract.ts";

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | undefined): string | null => (at === undefined ? null : iso(at));

/** An order as operators see it in a list. */
export const toOrderSeen = (order: OrderForOperators): OrderSeen => ({
  id: order._id,
  status: order.state,
  buyer: order.buyer,
  email: order.email,
  seller: order.seller,
  lines: order.lines.map(({ itemId, title, kind, quantity, unitPrice }) => ({
    ...{ itemId, title, kind, quantity },
    unitPrice: money(unitPrice),
  })),
  total: money(order.total),
  createdAt: iso(order.createdAt),
  expiresAt: iso(order.expiresAt),
  paidAt: isoOrNull(order.paidAt),
  closedAt: isoOrNull(order.closedAt),
});
