import type { Change, Versioned } from "../../core/store.ts";

/**
 * The judge of an order's money.
 *
 *     open ──→ closing ──→ cancelled
 *       └─────────┴──→ succeeded ──→ refunding ──→ refunded
 *
 * A closed payment never opens again; only `open` and `closing` can succeed.
 */
export interface Payment extends Versioned {
  /** The order's id; for a stray success (R6) the intent's. */
  _id: string;
  state: "open" | "closing" | "cancelled" | "succeeded" | "refunding" | "refunded";
  /** Counts the tries that the provider failed for good; part of the idempotency key. */
  attempt: number;
  /** Frozen before the first call to the provider. */
  params: PaymentParams | null;
  /** Recorded under `open` before its secret leaves; null: nobody can pay. */
  intent: string | null;
  error?: { code: string; message: string };
  refund?: { id: string; status: "pending" | "failed" };
  reason?: string;
  createdAt: number;
  /** What happened to it, and what the provider was asked; for people to read, nothing is decided by it. */
  history?: PaymentMoment[];
  calls?: ProviderCall[];
}

/** One change of a payment: its state afterwards, and what else became of it. */
export interface PaymentMoment {
  at: number;
  state: Payment["state"];
  /** "intent pi_…", "attempt 2", "declined card_declined", "refund re_… pending". */
  note?: string;
}

/** One call to the provider. */
export interface ProviderCall {
  at: number;
  name: "create" | "retrieve" | "cancel" | "refund";
  /** Part of the idempotency key, where the call has one. */
  attempt?: number;
  /** What came of it: the status of what was read, or the kind of the error. */
  outcome: string;
  ms: number;
}

export interface PaymentParams {
  amount: number;
  currency: string;
}

/** A PaymentIntent as far as a decision needs it. */
export interface Intent {
  id: string;
  status: string;
  amount: number;
  currency: string;
  clientSecret: string;
  /** `{shop, order, attempt}` of whoever created it. */
  metadata: Record<string, string>;
  error: { code: string; message: string } | null;
}

type Decision = Change<Payment> | null;

export const record = ({ state, intent }: Payment, created: Intent): Decision =>
  state === "open" && intent === null ? { set: { intent: created.id } } : null;

/** Somebody cancelled the intent at the provider: it can never be paid, so another one may take its place. */
export const replaced = ({ state, intent, attempt }: Payment, read: Intent): Decision =>
  state === "open" && intent === read.id && read.status === "canceled"
    ? { set: { intent: null, attempt: attempt + 1 } }
    : null;

/** Stripe replays a saved failure under the same idempotency key, so the next try needs a key of its own. */
export const nextAttempt = ({ state, intent, attempt }: Payment): Decision =>
  (state === "open" && intent === null) || state === "refunding" ? { set: { attempt: attempt + 1 } } : null;

/** R4: from here on no secret leaves, and the recorded intent gets cancelled. */
export const beginClosing = ({ state }: Payment): Decision => (state === "open" ? { set: { state: "closing" } } : null);

/** R4: closed only on an intent that was read after the cancel; no intent, nothing to cancel. */
export const closed = ({ state, intent }: Payment, readAfterCancel: Intent | null): Decision => {
  const dead = intent === null || readAfterCancel?.status === "canceled";
  return state === "closing" && dead ? { set: { state: "cancelled" } } : null;
};

/** The intent is this payment's own, with this payment's amount. */
export const fits = ({ params, intent }: Payment, read: Intent): boolean =>
  intent === read.id && params?.amount === read.amount && params.currency === read.currency;

export const succeeded = (payment: Payment, read: Intent): Decision =>
  (payment.state === "open" || payment.state === "closing") && read.status === "succeeded" && fits(payment, read)
    ? { set: { state: "succeeded" }, facts: [{ type: "payment.succeeded", data: { order: payment._id } }] }
    : null;

export const declined = ({ _id, state, error }: Payment, read: Intent): Decision =>
  state === "open" && read.error && (read.error.code !== error?.code || read.error.message !== error.message)
    ? { set: { error: read.error }, facts: [{ type: "payment.declined", data: { order: _id, ...read.error } }] }
    : null;

export const beginRefund = ({ state }: Payment, reason?: string): Decision =>
  state === "succeeded" ? { set: { state: "refunding", ...(reason && { reason }) } } : null;

export const refundSeen = (payment: Payment, { id, status }: { id: string; status: string }): Decision => {
  const { _id, state, refund } = payment;
  if (state !== "refunding") return null;
  const order = { order: _id };
  if (status === "succeeded")
    return { set: { state: "refunded" }, unset: ["refund"], facts: [{ type: "payment.refunded", data: order }] };
  const seen = status === "failed" || status === "canceled" ? "failed" : "pending";
  if (refund?.id === id && refund.status === seen) return null;
  return {
    set: { refund: { id, status: seen } },
    ...(seen === "failed" && { facts: [{ type: "payment.refund_failed", data: order }] }),
  };
};

/** When the sweeper asks the provider again, ms; null at rest. An open payment is asked for ever more rarely. */
export function paymentDue({ state, intent, refund, createdAt }: Payment, now: number): number | null {
  if (state === "open") return intent === null ? null : now + Math.max(10_000, (now - createdAt) / 2);
  if (state === "closing") return now + 30_000;
  if (state === "refunding") return refund?.status === "failed" ? null : now + 10_000;
  return null;
}
