import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import {
  Changes,
  Id,
  Kind,
  ListOf,
  MAX_AMOUNT,
  MIN_AMOUNT,
  Nullable,
  Paging,
  Person,
  Stored,
  Strings,
  Sum,
  Sweep,
  Time,
} from "../schemas.ts";
import { PayWith } from "../payments/payments.contract.ts";
import type { OrderDoc } from "./order.machine.ts";

/** What `changes` reads out. */
export { DELIVER_WITHIN, type OrderDoc } from "./order.machine.ts";

const MAX_LINES = 10;
const MAX_QUANTITY = 20;

const STATES = [
  "reserving",
  "reserved",
  "closing",
  "paid",
  "fulfilled",
  "refunding",
  "refunded",
  "rejected",
  "expired",
  "cancelled",
] as const;
export const OrderState = Strings(STATES);
export type OrderState = Static<typeof OrderState>;

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
  total: Sum,
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

export const SalesRow = Type.Object({
  orderId: Id,
  lineId: Id,
  itemId: Id,
  title: Type.String(),
  quantity: Type.Integer(),
  amount: Sum,
  fee: Sum,
  net: Sum,
  buyer: Type.String({ description: 'The buyer\'s name, or "guest"' }),
  status: OrderState,
  at: Time,
});
export type SalesRow = Static<typeof SalesRow>;

/** The stored document without personal data: the buyer is a user's id or a keyed hash, a guest's e-mail is masked. */
export type OrderForOperators = Omit<OrderDoc, "user" | "body" | "boughtBy" | "soldBy">;

const ById = Type.Object({ id: Id });
const Key = Type.Optional(Type.String({ description: "Comes from the header Idempotency-Key, never from the body" }));

export const orders = contract({
  name: "orders",
  actions: {
    /** The answer is the verdict: 201 reserved, 200 a replayed key (`meta.reply`), 409 nothing kept, 503 undecided. Idempotent under a key. */
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
            amount: Type.Integer({ minimum: MIN_AMOUNT, maximum: MAX_AMOUNT }),
            currency: Type.Literal("eur"),
          }),
        ),
        idempotencyKey: Key,
      }),
      returns: Order,
      errors: [
        "SIGN_IN_REQUIRED",
        "NOT_FOUND",
        "OWN_ITEM",
        "MIXED_SELLERS",
        "PRICE_CHANGED",
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
    /** The sales rows of one order; for the live stream of its seller. */
    salesOf: {
      params: Type.Object({ order: Id }),
      returns: Type.Object({ seller: Id, rows: Type.Array(SalesRow) }),
      errors: ["NOT_FOUND"],
    },
    /** Carries the order on by one or more steps of the saga; called at its deadline and by nobody's clock but its own. */
    drive: { params: ById, returns: Type.Object({ status: Nullable(OrderState) }), idempotent: true },
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
  events: {
    "order.reserved": Type.Object({ id: Id, seller: Id, items: Type.Array(Id), expiresAt: Type.Integer() }),
    "order.rejected": Type.Object({ id: Id, seller: Id, items: Type.Array(Id), reason: Type.String() }),
    "order.closing": Type.Object({
      id: Id,
      seller: Id,
      items: Type.Array(Id),
      why: Strings(["expired", "cancelled"] as const),
    }),
    "order.expired": Type.Object({ id: Id, seller: Id, items: Type.Array(Id) }),
    "order.cancelled": Type.Object({ id: Id, seller: Id, items: Type.Array(Id) }),
    "order.declined": Type.Object({ id: Id, seller: Id, items: Type.Array(Id), code: Type.String() }),
    "order.paid": Type.Object({ id: Id, seller: Id, items: Type.Array(Id) }),
    "order.fulfilled": Type.Object({ id: Id, seller: Id, items: Type.Array(Id) }),
    "order.refunding": Type.Object({ id: Id, seller: Id, items: Type.Array(Id) }),
    "order.refund_failed": Type.Object({ id: Id, seller: Id, items: Type.Array(Id) }),
    "order.refunded": Type.Object({ id: Id, seller: Id, items: Type.Array(Id) }),
  },
});

/** `data` of every order event. */
export type OrderEvent = { id: string; seller: string; items: string[] };
