import { cardOf, type Failure } from "./cards.ts";
import { declined, invalid, missing, refused } from "./errors.ts";
import type { Charge, Intent } from "./records.ts";
import type { Given, Step } from "./step.ts";

/** The state machine of a PaymentIntent for cards with automatic capture. Pure: what it decides is carried out elsewhere. */

/** The smallest charge of each currency, minor units. The largest is the same for all. */
const MINIMUM: Record<string, number> = { chf: 50, eur: 50, gbp: 30, usd: 50 };
const MAXIMUM = 99_999_999;

const CANCELABLE = ["requires_payment_method", "requires_confirmation", "requires_action"] as const;

export interface NewIntent {
  amount: number;
  currency: string;
  metadata?: Record<string, string>;
  description?: string;
  receiptEmail?: string;
  capture?: Intent["capture"];
  allowed?: Intent["allowed"];
  automatic?: Intent["automatic"];
  method?: string;
}

export function create(wanted: NewIntent, given: Given): Step<Intent> {
  const { amount, method = null } = wanted;
  const currency = wanted.currency.toLowerCase();
  const minimum = Object.hasOwn(MINIMUM, currency) ? MINIMUM[currency]! : undefined;
  if (minimum === undefined) {
    const known = Object.keys(MINIMUM).join(", ");
    throw invalid(`Invalid currency: ${currency}. The sandbox supports these currencies: ${known}`, {
      param: "currency",
    });
  }
  const wrong = (code: string, bound: string) =>
    invalid(`Amount must be ${bound} ${currency}`, { code, param: "amount" });
  if (amount < minimum) throw wrong("amount_too_small", `at least ${major(minimum)}`);
  if (amount > MAXIMUM) throw wrong("amount_too_large", `no more than ${major(MAXIMUM)}`);
  if (method) knownCard(method);

  const id = given.id("pi");
  const intent: Intent = {
    object: "payment_intent",
    id,
    at: given.at,
    status: method ? "requires_confirmation" : "requires_payment_method",
    clientSecret: `${id}_${given.id("secret")}`,
    amount,
    currency,
    metadata: wanted.metadata ?? {},
    description: wanted.description ?? null,
    receiptEmail: wanted.receiptEmail ?? null,
    capture: wanted.capture ?? "automatic_async",
    allowed: wanted.allowed ?? null,
    automatic: wanted.automatic ?? null,
    method,
    failure: null,
    charge: null,
    challenge: null,
    canceledAt: null,
    cancellationReason: null,
  };
  return { result: intent, put: [intent], events: [["payment_intent.created", intent]] };
}

export interface Confirmation {
  /** A payment method; without it, the one that the intent has. */
  method?: string;
  returnUrl?: string;
  receiptEmail?: string;
}

export function confirm(before: Intent, { method, returnUrl, receiptEmail }: Confirmation, given: Given): Step<Intent> {
  const cannot = (why: string) => unexpectedState(`You cannot confirm this PaymentIntent because ${why}`, before);
  if (before.status === "succeeded") throw cannot("it has already succeeded after being previously confirmed.");
  if (before.status === "canceled") {
    throw cannot(
      "it has a status of canceled. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.",
    );
  }
  const tried = method ?? before.method;
  if (!tried) throw cannot("it's missing a payment method. You can confirm it again directly with a payment method.");
  const card = knownCard(tried);
  const intent: Intent = { ...before, method: tried, failure: null, receiptEmail: receiptEmail ?? before.receiptEmail };
  if (card.decline) return fail(intent, { type: "card_error", ...card.decline, method: tried }, given);
  if (!card.challenge) return succeed(intent, false, given);
  const challenge = { token: given.id("src"), returnUrl: returnUrl ?? null };
  const waiting: Intent = { ...intent, status: "requires_action", challenge };
  return { result: waiting, put: [waiting], events: [["payment_intent.requires_action", waiting]] };
}

/** The end of the buyer's 3-D Secure authentication. */
export function authenticate(intent: Intent, passed: boolean, given: Given): Step<Intent> {
  if (intent.status !== "requires_action")
    throw unexpectedState("This PaymentIntent is not waiting for an authentication.", intent);
  if (passed) return succeed(intent, true, given);
  const failed: Intent = {
    ...intent,
    status: "requires_payment_method",
    method: null,
    failure: {
      type: "invalid_request_error",
      code: "payment_intent_authentication_failure",
      message:
        "The provided PaymentMethod has failed authentication. You can provide a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
      method: intent.method!,
    },
  };
  return { result: failed, put: [failed], events: [["payment_intent.payment_failed", failed]] };
}

export function cancel(intent: Intent, reason: string | null, given: Given): Step<Intent> {
  if (!(CANCELABLE as readonly string[]).includes(intent.status)) {
    const message = `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${CANCELABLE.join(", ")}.`;
    throw unexpectedState(message, intent);
  }
  const canceled: Intent = { ...intent, status: "canceled", canceledAt: given.at, cancellationReason: reason };
  return { result: canceled, put: [canceled], events: [["payment_intent.canceled", canceled]] };
}

function succeed(intent: Intent, authenticated: boolean, given: Given): Step<Intent> {
  const charge = chargeOf(intent, { authenticated, failure: null }, given);
  const succeeded: Intent = { ...intent, status: "succeeded", charge: charge.id };
  return {
    result: succeeded,
    put: [charge, succeeded],
    events: [
      ["charge.succeeded", charge],
      ["payment_intent.succeeded", succeeded],
    ],
  };
}

/** The bank says no. The method is taken off the intent, which can be confirmed again with another. */
function fail(intent: Intent, reason: Failure, given: Given): Step<Intent> {
  const charge = chargeOf(intent, { authenticated: false, failure: reason }, given);
  const failure = { ...reason, charge: charge.id };
  const failed: Intent = { ...intent, status: "requires_payment_method", method: null, failure, charge: charge.id };
  return {
    result: failed,
    put: [charge, failed],
    events: [
      ["charge.failed", charge],
      ["payment_intent.payment_failed", failed],
    ],
    error: declined(failure, failed),
  };
}

const chargeOf = (intent: Intent, outcome: Pick<Charge, "authenticated" | "failure">, given: Given): Charge => ({
  object: "charge",
  id: given.id("ch"),
  at: given.at,
  intent: intent.id,
  amount: intent.amount,
  currency: intent.currency,
  metadata: intent.metadata,
  description: intent.description,
  receiptEmail: intent.receiptEmail,
  method: intent.method!,
  refunded: 0,
  ...outcome,
});

function knownCard(method: string) {
  const card = cardOf(method);
  if (!card) throw missing("PaymentMethod", method, "payment_method");
  return card;
}

const unexpectedState = (message: string, intent: Intent) =>
  refused("payment_intent_unexpected_state", message, { intent });

const major = (amount: number) => (amount / 100).toFixed(2);
