import { fail, typeOf } from "../../core/errors.ts";
import type { Store } from "../../core/store.ts";
import {
  beginClosing,
  beginRefund,
  closed,
  declined,
  fits,
  nextAttempt,
  record,
  refundSeen,
  replaced,
  succeeded,
  type Intent,
  type Payment,
  type PaymentParams,
} from "./payment.machine.ts";

/** What the flows need of the payment provider; each call may fail or hang, its effect then unknown. */
export interface Provider {
  create(params: PaymentParams & { order: string; attempt: number }): Promise<Intent>;
  /** `payment`: whose it is, where that is known; for the record alone. */
  retrieve(intent: string, payment?: string): Promise<Intent>;
  /** Asks for the cancel; whether it came in time is read afterwards. */
  cancel(intent: string, payment?: string): Promise<void>;
  /** Once per payment, however often it is asked. */
  refund(payment: Payment): Promise<{ id: string; status: string }>;
}

export interface Till {
  payments: Store<Payment>;
  provider: Provider;
  /** Which shop's the intents are; another shop's are ignored. */
  shop: string;
  now(): number;
  alert(words: string): void;
  /** The provider failed; the caller is told to try again. */
  failed(error: unknown): void;
}

const draft = (id: string, state: Payment["state"], params: PaymentParams | null, createdAt: number) => ({
  _id: id,
  state,
  attempt: 1,
  params,
  intent: null,
  createdAt,
});

/** The order's one PaymentIntent. Its secret leaves only after its id was written under `open`. */
export async function open(till: Till, order: string, params: PaymentParams): Promise<Intent> {
  const { payments, provider, now } = till;
  await payments.insert(draft(order, "open", params, now()));
  const payment = (await payments.get(order))!;
  if (payment.state !== "open")
    throw fail(payment.state === "closing" || payment.state === "cancelled" ? "ORDER_CLOSED" : "ORDER_PAID");
  const { intent: known } = payment;
  if (known !== null) {
    const read = await tried(till, payment, () => provider.retrieve(known, order));
    const change = replaced(payment, read);
    if (!change) return read;
    await payments.write(payment, change);
    throw fail("TRY_AGAIN");
  }

  const intent = await create(till, payment);
  const change = record(payment, intent);
  const recorded = (change && (await payments.write(payment, change))) ?? (await payments.get(order))!;
  if (recorded.state === "open" && recorded.intent === intent.id) return intent;
  // A twin may have recorded this very intent a moment ago, or asked for another attempt: whoever asks again finds out.
  if (recorded.state === "open" && recorded.intent === null) throw fail("TRY_AGAIN");
  // Nobody has this secret and nobody will: closing was faster, or another attempt became the order's intent.
  if (recorded.intent !== intent.id) await tried(till, recorded, () => provider.cancel(intent.id, order));
  throw fail(recorded.state === "open" ? "TRY_AGAIN" : "ORDER_CLOSED");
}

const create = (till: Till, payment: Payment): Promise<Intent> =>
  tried(till, payment, () =>
    till.provider.create({ ...payment.params!, order: payment._id, attempt: payment.attempt }),
  );

/** What the provider failed for good gets a key of its own next time; what is unknown is asked again under the same one. */
async function tried<T>({ payments, failed }: Till, payment: Payment, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    failed(error);
    const change = nextAttempt(payment);
    if (typeOf(error) !== "TRY_AGAIN" && change) await payments.write(payment, change);
    throw fail("TRY_AGAIN");
  }
}

export type Outcome = "closed" | "paid" | "later";

/** R4: writes `closing`, cancels the recorded intent, and decides on what is read after the cancel. */
export async function close(till: Till, order: string): Promise<Outcome> {
  const { payments, provider, now } = till;
  await payments.insert(draft(order, "closing", null, now()));
  for (;;) {
    const payment = (await payments.get(order))!;
    if (payment.state === "cancelled") return "closed";
    if (payment.state === "open") {
      await payments.write(payment, beginClosing(payment)!);
      continue;
    }
    if (payment.state !== "closing") return "paid";
    const read = payment.intent === null ? null : await cancelled(provider, payment.intent, order);
    const change = closed(payment, read) ?? (read && succeeded(payment, read));
    if (!change) return "later";
    await payments.write(payment, change);
  }
}

/** The intent as it is after the cancel; undefined answers are errors, and the caller asks again later. */
async function cancelled(provider: Provider, intent: string, payment: string): Promise<Intent> {
  await provider.cancel(intent, payment);
  return provider.retrieve(intent, payment);
}

/** Reads the intent behind a hint and draws the consequence. R6: a success that fits no open payment is refunded once. */
export async function settle(till: Till, intentId: string): Promise<void> {
  const { payments, provider, shop, now, alert } = till;
  const read = await provider.retrieve(intentId);
  const { order } = read.metadata;
  if (read.metadata["shop"] !== shop || !order) return;
  for (;;) {
    const payment = await payments.get(order);
    if (payment) {
      const change = succeeded(payment, read) ?? declined(payment, read);
      if (change && !(await payments.write(payment, change))) continue;
      if (change || read.status !== "succeeded") return;
      if (fits(payment, read) && payment.state !== "cancelled") {
        if (payment.state === "refunding") await refund(till, order);
        return;
      }
    }
    if (read.status !== "succeeded") return;
    alert(`Intent ${read.id} succeeded for order ${order}, which takes no payment of it: refunded`);
    await payments.insert({ ...draft(read.id, "refunding", null, now()), intent: read.id, reason: "stray" });
    await refund(till, read.id);
    return;
  }
}

export type RefundOutcome = "succeeded" | "pending" | "failed" | "none";

/** Gives the money back, once. */
export async function refund(till: Till, id: string, reason?: string): Promise<RefundOutcome> {
  const { payments, provider, alert } = till;
  for (;;) {
    const payment = await payments.get(id);
    if (!payment || payment.state === "open" || payment.state === "closing" || payment.state === "cancelled")
      return "none";
    if (payment.state === "refunded") return "succeeded";
    if (payment.state === "succeeded") {
      await payments.write(payment, beginRefund(payment, reason)!);
      continue;
    }
    const seen = await tried(till, payment, () => provider.refund(payment));
    const change = refundSeen(payment, seen);
    if (!change) return payment.refund!.status;
    const written = await payments.write(payment, change);
    if (!written) continue;
    if (written.refund?.status === "failed") alert(`The refund of ${id} failed`);
    return written.refund?.status ?? "succeeded";
  }
}
