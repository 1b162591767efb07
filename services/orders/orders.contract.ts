import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import {
  Changes,
  Id,
  Kind,
  ListOf,
  MAX_AMOUNT,
  MAX_LINES,
  MAX_QUANTITY,
  NoParams,
  Nullable,
  Paging,
  Person,
  Stored,
  Strings,
  Sum,
  Sweep,
  Time,
} from "../schemas.ts";
import { Contact } from "./contact.ts";
import { orderEvents } from "./orders.events.ts";
import { OrderState } from "./order.state.ts";
import { SalesRow, Summary } from "./sales.ts";
import { Code } from "../discounts/discounts.contract.ts";
import { GrantedOrder, Waiter } from "./waiter.ts";
import { PayWith } from "../payments/payments.contract.ts";
import type { OrderDoc } from "./order.ts";

/** Who asks, as an order knows them; what opens a guest's order. */
export { askerOf, tokenOf } from "./guests.ts";
export { OrderState } from "./order.state.ts";
export { SalesRow } from "./sales.ts";
export type { OrderEvent } from "./orders.events.ts";
/** What `changes` reads out. */
export type { OrderDoc } from "./order.ts";
export type { GrantedOrder } from "./waiter.ts";
export { DELIVER_WITHIN } from "./order.machine.ts";

export const OrderLine = Type.Object({
  id: Id,
  itemId: Id,
  title: Type.String(),
  kind: Kind,
  quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }),
  unitPrice: Sum,
  serials: Type.Array(Type.Integer()),
});

export const Refund = Type.Object({
  id: Id,
  amount: Sum,
  reason: Nullable(Type.String()),
  status: Strings(["pending", "succeeded", "failed"] as const),
  createdAt: Time,
});

export const Order = Type.Object({
  id: Id,
  status: OrderState,
  lines: Type.Array(OrderLine),
  granted: Type.Boolean({ description: "Held for somebody who waited in the line of a sold-out item" }),
  total: Sum,
  discount: Nullable(
    Type.Object({ code: Type.String(), amount: Sum }, { description: "Taken off already: `total` is what is paid" }),
  ),
  seller: Person,
  email: Nullable(Type.String()),
  createdAt: Time,
  expiresAt: Time,
  paidAt: Nullable(Time),
  closedAt: Nullable(Time),
  paymentError: Nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  refund: Nullable(Refund),
  now: Time,
  token: Type.Optional(Type.String({ description: "A guest's key to this order, given once at creation" })),
});
export type Order = Static<typeof Order>;

/** The stored document without personal data: the buyer is a user's id or a keyed hash, a guest's e-mail is masked. */
export type OrderForOperators = Omit<OrderDoc, "user" | "body" | "boughtBy" | "soldBy" | "countedFor" | "countedAs">;

const ById = Type.Object({ id: Id });
const Key = Type.Optional(Type.String({ description: "Comes from the header Idempotency-Key, never from the body" }));

export const orders = contract({
  name: "orders",
  actions: {
    /** The answer is the verdict: 201 reserved (or, where there is nothing to pay, paid or fulfilled already), 200 a replayed key (`meta.reply`), 409 nothing kept, 503 undecided. Idempotent under a key. */
    create: {
      rest: "POST /api/orders",
      auth: "anyone",
      status: 201,
      summary: "Reserve: all lines or nothing",
      params: Type.Object({
        lines: Type.Array(Type.Object({ itemId: Id, quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }) }), {
          minItems: 1,
          maxItems: MAX_LINES,
        }),
        email: Type.Optional(Type.String({ format: "email", maxLength: 254 })),
        total: Type.Optional(
          Type.Object({
            amount: Type.Integer({ minimum: 0, maximum: MAX_AMOUNT, description: "Minor units, after the discount" }),
            currency: Type.Literal("eur"),
          }),
        ),
        code: Type.Optional(Code),
        idempotencyKey: Key,
      }),
      returns: Order,
      errors: [
        "SIGN_IN_REQUIRED",
        "NOT_FOUND",
        "OWN_ITEM",
        "MIXED_SELLERS",
        "PRICE_CHANGED",
        "CODE_INVALID",
        "CODE_USED_UP",
        "SOLD_OUT",
        "LIMIT_REACHED",
        "IDEMPOTENCY_KEY_REUSED",
        "BAD_IDEMPOTENCY_KEY",
        "TRY_AGAIN",
      ],
      idempotent: true,
    },
    list: {
      rest: "GET /api/orders",
      auth: "user",
      summary: "One's own orders",
      params: Type.Object({ ...Paging }),
      returns: ListOf(Order),
    },
    get: {
      rest: "GET /api/orders/:id",
      auth: "anyone",
      summary: "An order of one's own, or of one's shop",
      params: ById,
      returns: Order,
      errors: ["NOT_FOUND"],
    },
    /** Where there is nothing to pay the answer is ORDER_PAID. */
    pay: {
      rest: "POST /api/orders/:id/pay",
      auth: "anyone",
      summary: "What Stripe.js needs to confirm the payment; the same PaymentIntent every time",
      params: ById,
      returns: PayWith,
      errors: ["NOT_FOUND", "ORDER_PAID", "ORDER_CLOSED", "TRY_AGAIN"],
      idempotent: true,
    },
    cancel: {
      rest: "POST /api/orders/:id/cancel",
      auth: "anyone",
      summary: "Give the hold up",
      params: ById,
      returns: Order,
      errors: ["NOT_FOUND", "ORDER_PAID"],
      idempotent: true,
    },
    refund: {
      rest: "POST /api/orders/:id/refund",
      auth: "user",
      summary: "Give the money back, as its seller or an admin",
      params: Type.Object({ id: Id, reason: Type.Optional(Type.String({ maxLength: 500 })), idempotencyKey: Key }),
      returns: Order,
      errors: ["NOT_FOUND", "FORBIDDEN", "NOT_REFUNDABLE", "IDEMPOTENCY_KEY_REUSED", "BAD_IDEMPOTENCY_KEY"],
      idempotent: true,
    },
    timeline: {
      rest: "GET /api/orders/:id/timeline",
      auth: "anyone",
      summary: "All that happened to the order, oldest first",
      params: ById,
      returns: Type.Object({
        events: Type.Array(
          Type.Object({ at: Time, type: Type.String(), data: Type.Record(Type.String(), Type.Unknown()) }),
        ),
      }),
      errors: ["NOT_FOUND"],
    },
    sales: {
      rest: "GET /api/sales",
      auth: "user",
      summary: "What one sold, a row a line",
      params: Type.Object({ ...Paging }),
      returns: ListOf(SalesRow),
    },
    summary: {
      rest: "GET /api/sales/summary",
      auth: "user",
      summary: "What one sold in the last 30 days and in all, and how holds ended",
      params: NoParams,
      returns: Summary,
    },
    /** Answers at once and alike for every e-mail; a guest who has orders of the last 90 days gets links to the newest 10. */
    find: {
      rest: "POST /api/orders/find",
      auth: "anyone",
      status: 202,
      summary: "Have links to a guest's orders mailed",
      params: Type.Object({ email: Type.String({ format: "email", maxLength: 254 }) }),
      returns: Type.Null(),
      errors: ["RATE_LIMITED"],
    },
    /** For mail: whom to tell of an order, and what it is about. A guest's link opens the order by itself. Null when there is none. */
    contact: { params: ById, returns: Nullable(Contact), idempotent: true },
    /** The sales rows of one order; for the live stream of its seller. */
    salesOf: {
      params: Type.Object({ order: Id }),
      returns: Type.Object({ seller: Id, rows: Type.Array(SalesRow) }),
      errors: ["NOT_FOUND"],
    },
    /** Carries the order on by one or more steps of the saga; called at its deadline and by nobody's clock but its own. */
    drive: { params: ById, returns: Type.Object({ status: Nullable(OrderState) }), idempotent: true },
    /** For the waiting list: an ordinary order of one copy that came back, whoever passes by. TRY_AGAIN while it is not decided. */
    grant: { params: Waiter, returns: GrantedOrder, errors: ["TRY_AGAIN"], idempotent: true },
    /** For operators: orders of every buyer in every state, the newest first. */
    all: {
      params: Type.Object({ state: Type.Optional(OrderState), ...Paging }),
      returns: ListOf(Stored<OrderForOperators>()),
      idempotent: true,
    },
    /** For operators: one order as it is stored. Null when there is none. */
    inspect: { params: ById, returns: Nullable(Stored<OrderForOperators>()), idempotent: true },
    sweep: Sweep,
    changes: Changes,
  },
  events: orderEvents,
});
