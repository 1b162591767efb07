import { cardOf } from "./cards.ts";
import { refused } from "./errors.ts";
import type { Charge, Intent, Refund } from "./records.ts";
import type { Given, Step } from "./step.ts";

/** How long a refund takes to become what it becomes by itself, ms. Stripe takes minutes to days. */
const REFUND_TAKES = 1000;

export interface NewRefund {
  /** Minor units; without it, all that is left. */
  amount?: number;
  reason?: string;
  metadata?: Record<string, string>;
}

/** Gives money of a charge back. `charge`: the one that captured the intent's money, if there is one. */
export function create(intent: Intent, charge: Charge | undefined, wanted: NewRefund, given: Given): Step<Refund> {
  if (!charge || charge.failure) {
    throw refused(undefined, `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
      param: "payment_intent",
    });
  }
  const left = charge.amount - charge.refunded;
  if (left === 0) throw refused("charge_already_refunded", `Charge ${charge.id} has already been refunded.`);
  const { amount = left } = wanted;
  if (amount > left) {
    throw refused(undefined, `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}).`, {
      param: "amount",
    });
  }
  const [status, next] = cardOf(charge.method)?.refund ?? ["succeeded"];
  const refund: Refund = {
    object: "refund",
    id: given.id("re"),
    at: given.at,
    status,
    intent: intent.id,
    charge: charge.id,
    amount,
    currency: charge.currency,
    metadata: wanted.metadata ?? {},
    reason: wanted.reason ?? null,
    method: charge.method,
    next: next ? { at: given.at + REFUND_TAKES, status: next } : null,
  };
  const lessened: Charge = { ...charge, refunded: charge.refunded + amount };
  return {
    result: refund,
    put: [lessened, refund],
    events: [
      ["refund.created", refund],
      ["charge.refunded", lessened],
    ],
  };
}

/** What the bank says in the end. A refund that fails gives the money back to the shop. */
export function settle(refund: Refund, charge: Charge): Step<Refund> | undefined {
  if (!refund.next) return undefined;
  const settled: Refund = { ...refund, status: refund.next.status, next: null };
  if (settled.status === "succeeded") return { result: settled, put: [settled], events: [["refund.updated", settled]] };
  return {
    result: settled,
    put: [{ ...charge, refunded: charge.refunded - refund.amount }, settled],
    events: [
      ["refund.updated", settled],
      ["refund.failed", settled],
    ],
  };
}
