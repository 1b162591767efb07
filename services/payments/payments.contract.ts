import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { Changes, Id, Nothing, Nullable, Stored, Strings, Sweep } from "../schemas.ts";
import type { Payment } from "./payment.machine.ts";

/** What `changes` reads out. */
export type { Payment } from "./payment.machine.ts";

const ForOrder = Type.Object({ order: Id });

export const PayWith = Type.Object({
  clientSecret: Type.String(),
  publishableKey: Type.String(),
  apiBase: Type.String({ description: "Stripe's API, or empty: this origin, where the sandbox stands in" }),
});
export type PayWith = Static<typeof PayWith>;

/** What to enable on the endpoint at Stripe: hints that something may have changed. Anything else is answered and forgotten. */
export const WEBHOOK_EVENTS = [
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "refund.updated",
  "refund.failed",
  "charge.refunded",
];

export const payments = contract({
  name: "payments",
  actions: {
    /** The order's one PaymentIntent, created at the first call. 409 ORDER_CLOSED once closing has begun, ORDER_PAID once it succeeded. */
    open: {
      params: Type.Object({ order: Id, amount: Type.Integer(), currency: Type.String() }),
      returns: PayWith,
      errors: ["ORDER_CLOSED", "ORDER_PAID", "TRY_AGAIN"],
      idempotent: true,
    },
    /** R4: cancels the intent and says what came of it, read after the cancel. `later`: ask again. */
    close: {
      params: ForOrder,
      returns: Type.Object({ outcome: Strings(["closed", "paid", "later"] as const) }),
      idempotent: true,
    },
    /** Gives the money back, once. `none`: nothing was captured. */
    refund: {
      params: Type.Object({ order: Id, reason: Type.Optional(Type.String()) }),
      returns: Type.Object({ outcome: Strings(["succeeded", "pending", "failed", "none"] as const) }),
      idempotent: true,
    },
    /** Reads the provider's object again and draws the consequence; called for every hint (webhook, sweeper). */
    settle: { params: Type.Object({ intent: Type.String() }), returns: Nothing, idempotent: true },
    /** A webhook as it came: verified, written to the inbox, then answered. 503 TRY_AGAIN when it could not be written. */
    webhook: {
      params: Type.Object({ body: Type.String(), signature: Type.String() }),
      returns: Type.Object({ received: Type.Literal(true) }),
      errors: ["BAD_SIGNATURE", "TRY_AGAIN"],
      idempotent: true,
    },
    /** The payment of an order as it is stored, what happened to it included. Null when there is none. */
    inspect: { params: ForOrder, returns: Nullable(Stored<Payment>()), idempotent: true },
    sweep: Sweep,
    /** Without what happened to them. */
    changes: Changes,
  },
  events: {
    "payment.succeeded": Type.Object({ order: Id }),
    "payment.declined": Type.Object({ order: Id, code: Type.String(), message: Type.String() }),
    "payment.refunded": Type.Object({ order: Id }),
    /** P7's one stated exception: the bank refused the refund; raises an alert. */
    "payment.refund_failed": Type.Object({ order: Id }),
  },
});

/** One event of the provider. */
export interface Hint {
  /** The provider's id of the event. */
  _id: string;
  type: string;
  intent: string;
  state: "new" | "done";
  /** When it came, and when it had its effect. */
  at?: number;
  doneAt?: number;
  /** How often acting upon it failed, and the kind of the last failure. */
  failures?: number;
  error?: string;
  /** While new: when it is tried again. Once done: when the row may go. */
  due?: string;
}

/** One row an event id of the provider, `new | done`, swept. Called only by payments. */
export const inbox = contract({
  name: "inbox",
  actions: {
    /** Durable when it answers; false: known already. */
    keep: {
      params: Type.Object({ id: Type.String(), type: Type.String(), intent: Type.String() }),
      returns: Type.Boolean(),
      idempotent: true,
    },
    /** What was told about these intents. */
    inspect: {
      params: Type.Object({ intents: Type.Array(Type.String()) }),
      returns: Type.Array(Stored<Hint>()),
      idempotent: true,
    },
    sweep: Sweep,
    changes: Changes,
  },
});
