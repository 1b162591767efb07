import type { Intent, Payment, PaymentParams } from "../../services/payments/payment.machine.ts";
import type { Result } from "./world.ts";

/** What the payment provider knows. It would repay a charge twice, so asking once is up to us. */
export interface Provider {
  intents: Intent[];
  refunds: { id: string; intent: string; status: string }[];
  /** Idempotency keys under which it replays a failure. */
  failed: string[];
  /** How often a create or a refund may be failed for good, so that the space is finite. */
  failures: number;
  /** Refunds may take a while. */
  slow: boolean;
}

export const SHOP = "shop";
/** The provider's own failure, final for its idempotency key: whether it had its effect is unknown. */
const FAILED = new Error("provider failed");

const find = ({ intents }: Provider, id: string): Intent => intents.find((one) => one.id === id)!;
const put = (state: Provider, intent: Intent): Provider => ({
  ...state,
  intents: [...state.intents.filter(({ id }) => id !== intent.id), intent].sort((a, b) => (a.id < b.id ? -1 : 1)),
});
const seen = ({ id, status }: Provider["refunds"][number]) => ({ value: { id, status } });

/** Creates under a key: the same answer again, a failure that stays, or something new. */
function once(
  state: Provider,
  key: string,
  attempt: number,
  known: object | undefined,
  made: { value: unknown; next: Provider }[],
): Result<Provider>[] {
  if (state.failed.includes(key)) return [{ error: FAILED }];
  if (known) return [{ value: known }];
  if (attempt > state.failures) return made;
  const failed = [...state.failed, key].sort();
  const failures = [state, ...made.map(({ next }) => next)].map((next) => ({
    error: FAILED,
    next: { ...next, failed },
    mishap: true,
  }));
  return [...made, ...failures];
}

/** Stripe, as far as the flows see it: each verb is atomic. */
export const provider = {
  create(state: Provider, { order, attempt, amount, currency }: PaymentParams & { order: string; attempt: number }) {
    const id = `pi:${order}:${attempt}`;
    const metadata = { shop: SHOP, order, attempt: String(attempt) };
    const intent: Intent = {
      id,
      status: "requires_payment_method",
      amount,
      currency,
      clientSecret: `${id}:secret`,
      metadata,
      error: null,
    };
    return once(state, id, attempt, find(state, id), [{ value: intent, next: put(state, intent) }]);
  },
  retrieve: (state: Provider, id: string) => [{ value: find(state, id) }],
  cancel(state: Provider, id: string) {
    const intent = find(state, id);
    const canCancel = intent.status === "requires_payment_method";
    return [{ value: null, ...(canCancel && { next: put(state, { ...intent, status: "canceled" }) }) }];
  },
  /** As the adapter does it: read what is known, else ask under the payment's key. */
  refund(state: Provider, { _id, intent, attempt, refund }: Payment) {
    const key = `re:${_id}:${attempt}`;
    const known = refund
      ? state.refunds.find(({ id }) => id === refund.id)
      : attempt > 1 && state.refunds.find((one) => one.intent === intent);
    if (known) return [seen(known)];
    const same = state.refunds.find(({ id }) => id === key);
    const made = (state.slow ? ["succeeded", "pending"] : ["succeeded"]).map((status) => {
      const one = { id: key, intent: intent!, status };
      return { ...seen(one), next: { ...state, refunds: [...state.refunds, one] }, mishap: status === "pending" };
    });
    return once(state, key, attempt, same && seen(same).value, made);
  },

  /** The buyer pays with the secret; it may take a moment, in which the intent cannot be cancelled. */
  confirm: (state: Provider, id: string, status: "succeeded" | "processing") => [
    { value: null, next: put(state, { ...find(state, id), status, error: null }) },
  ],
  decline(state: Provider, id: string) {
    const error = { code: "card_declined", message: "No" };
    return [{ value: null, next: put(state, { ...find(state, id), status: "requires_payment_method", error }) }];
  },
  settleRefund: (state: Provider, id: string, status: "succeeded" | "failed") => [
    {
      value: null,
      next: { ...state, refunds: state.refunds.map((one) => (one.id === id ? { ...one, status } : one)) },
    },
  ],
};
