import { Type } from "typebox";
import { Id, Strings } from "../schemas.ts";

const about = { id: Id, seller: Id, items: Type.Array(Id) };
const Plain = Type.Object(about);

/** The durable facts of an order's life. */
export const orderEvents = {
  "order.reserved": Type.Object({ ...about, expiresAt: Type.Integer() }),
  "order.rejected": Type.Object({ ...about, reason: Type.String() }),
  "order.closing": Type.Object({
    ...about,
    why: Strings(["expired", "cancelled"] as const),
  }),
  "order.expired": Plain,
  "order.cancelled": Plain,
  "order.declined": Type.Object({ ...about, code: Type.String() }),
  "order.paid": Plain,
  "order.fulfilled": Plain,
  "order.refunding": Plain,
  "order.refund_failed": Plain,
  "order.refunded": Plain,
} as const;

/** `data` of every order event. */
export type OrderEvent = { id: string; seller: string; items: string[] };
