import type { Meta } from "../../core/contract.ts";
import { money } from "../schemas.ts";
import type { OrderDoc } from "./order.ts";
import type { Order, OrderForOperators, SalesRow } from "./orders.contract.ts";

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** Who the caller is to an order; null for strangers, to whom it does not exist. */
export function roleIn(order: OrderDoc, { user, guestOrders }: Meta): "buyer" | "seller" | "admin" | null {
  if (user ? order.user?.id === user.id : false) return "buyer";
  if (order.user === null && guestOrders?.includes(order._id)) return "buyer";
  if (user?.id === order.seller.id) return "seller";
  return user?.roles.includes("admin") ? "admin" : null;
}

/** The order as its buyer, its seller or an admin may see it: a seller does not see a guest's e-mail. */
export function toOrder(order: OrderDoc, role: "buyer" | "seller" | "admin", now: number): Order {
  return {
    id: order._id,
    status: order.state,
    lines: order.lines.map(({ id, itemId, title, kind, quantity, unitPrice, serials }) => ({
      id,
      itemId,
      title,
      kind,
      quantity,
      unitPrice: money(unitPrice),
      serials,
    })),
    granted: order.granted ?? false,
    total: money(order.total),
    discount: order.discount ? { code: order.discount.code, amount: money(order.discount.amount) } : null,
    seller: order.seller,
    email: role === "seller" ? null : order.email,
    createdAt: iso(order.createdAt)!,
    expiresAt: iso(order.expiresAt)!,
    paidAt: iso(order.paidAt),
    closedAt: iso(order.closedAt),
    paymentError: order.paymentError ?? null,
    refund: order.refund
      ? {
          id: order.refund.id,
          amount: money(order.total),
          reason: order.refund.reason,
          status: order.refund.status,
          createdAt: iso(order.refund.createdAt)!,
        }
      : null,
    now: iso(now)!,
  };
}

/** One row a line, discounted; the fee is rounded down, in the seller's favour. */
export function toSales(order: OrderDoc, feePercent: number): SalesRow[] {
  return order.lines.map(({ id, itemId, title, quantity, unitPrice, off = 0 }) => {
    const amount = quantity * unitPrice - off;
    const fee = Math.floor((amount * feePercent) / 100);
    return {
      orderId: order._id,
      lineId: id,
      itemId,
      title,
      quantity,
      amount: money(amount),
      fee: money(fee),
      net: money(amount - fee),
      buyer: order.user?.name ?? "guest",
      status: order.state,
      at: iso(order.paidAt)!,
    };
  });
}

export function forOperators({
  user: _user,
  body: _body,
  boughtBy: _b,
  soldBy: _s,
  countedFor: _f,
  countedAs: _a,
  ...order
}: OrderDoc): OrderForOperators {
  return { ...order, email: order.email && order.email.replace(/^(.).*@/, "$1***@") };
}
