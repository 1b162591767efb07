import type { Failure } from "./cards.ts";

/**
 * What the sandbox keeps, much shorter than what Stripe shows (`render.ts` makes that of it). Records are never
 * changed, only replaced: so an event can hold its object as it was, at the price of a reference.
 * Times are ms since the epoch, amounts minor units.
 */
interface Common {
  readonly id: string;
  /** When it was created. */
  readonly at: number;
}

export interface Intent extends Common {
  readonly object: "payment_intent";
  readonly status: "requires_payment_method" | "requires_confirmation" | "requires_action" | "succeeded" | "canceled";
  readonly clientSecret: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly capture: "automatic" | "automatic_async";
  /** The payment methods it was restricted to. */
  readonly allowed: readonly "card"[] | null;
  /** Whether the payment methods of the dashboard are taken, and whether among those the ones that redirect. */
  readonly automatic: "always" | "never" | null;
  readonly method: string | null;
  readonly failure: Failure | null;
  readonly charge: string | null;
  /** The authentication asked for last; its token is what the link to the page carries. */
  readonly challenge: { readonly token: string; readonly returnUrl: string | null } | null;
  readonly canceledAt: number | null;
  readonly cancellationReason: string | null;
}

export interface Charge extends Common {
  readonly object: "charge";
  readonly intent: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly method: string;
  /** Whether the buyer passed 3-D Secure. */
  readonly authenticated: boolean;
  /** Why it was declined; null: the money was captured. */
  readonly failure: Failure | null;
  /** What was given back, pending refunds included. */
  readonly refunded: number;
}

export interface Refund extends Common {
  readonly object: "refund";
  readonly status: "pending" | "succeeded" | "failed";
  readonly intent: string;
  readonly charge: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
  readonly reason: string | null;
  readonly method: string;
  /** What becomes of it by itself, and when. */
  readonly next: { readonly at: number; readonly status: "succeeded" | "failed" } | null;
}

/** An object that changes and whose changes are events. */
export type Subject = Intent | Charge | Refund;

export type EventType =
  | "payment_intent.created"
  | "payment_intent.requires_action"
  | "payment_intent.succeeded"
  | "payment_intent.payment_failed"
  | "payment_intent.canceled"
  | "charge.succeeded"
  | "charge.failed"
  | "charge.refunded"
  | "refund.created"
  | "refund.updated"
  | "refund.failed";

export interface Event extends Common {
  readonly object: "event";
  readonly type: EventType;
  /** The object as it was when the event happened. */
  readonly subject: Subject;
  /** The request that caused it; null: it happened by itself. */
  readonly request: { readonly id: string; readonly key: string | null } | null;
}

/** The first answer to an Idempotency-Key, word for word. */
export interface KeptReply {
  readonly key: string;
  readonly at: number;
  /** Of the request: id, method and path, and a hash of its parameters. */
  readonly request: string;
  readonly endpoint: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
}
