import Stripe from "stripe";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Config } from "../../core/config.ts";
import { fail } from "../../core/errors.ts";
import type { Secrets } from "../../core/secrets.ts";
// The sandbox's keys follow from DATA_KEY instead of being configured, so both sides derive them by one function.
import { sandboxKeys } from "../sandbox/keys.ts";
import type { Provider } from "./flow.ts";
import type { Intent } from "./payment.machine.ts";

/** One try at the provider, ms; its own default is 80 s. */
const TIMEOUT = 10_000;

export interface Keys {
  secretKey: string;
  publishableKey: string;
  webhookSecret: string;
}

export const keysFor = (config: Config, secrets: Secrets): Keys =>
  config.sandbox
    ? sandboxKeys(secrets)
    : {
        secretKey: config.STRIPE_SECRET_KEY!,
        publishableKey: config.STRIPE_PUBLISHABLE_KEY!,
        webhookSecret: config.STRIPE_WEBHOOK_SECRET!,
      };

/** Stripe or its twin on the very same code path: configuration alone tells them apart. */
export function stripeClient(config: Config, { secretKey }: Keys): Stripe {
  const api = config.STRIPE_API ?? (config.sandbox ? config.API_URL : undefined);
  const { hostname, port, protocol } = new URL(api ?? "https://api.stripe.com");
  return new Stripe(secretKey, {
    host: hostname,
    port: port || (protocol === "https:" ? 443 : 80),
    protocol: protocol === "https:" ? "https" : "http",
    timeout: TIMEOUT,
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/** The provider's calls, with our idempotency keys; unknown outcomes become TRY_AGAIN. */
export function stripeProvider(stripe: Stripe, shop: string): Provider {
  return {
    create: ({ order, attempt, amount, currency }) =>
      asked(async () => {
        const metadata = { shop, order, attempt: String(attempt) };
        const params = { amount, currency, metadata, allowed_payment_method_types: ["card" as const] };
        return toIntent(await stripe.paymentIntents.create(params, { idempotencyKey: `${shop}:${order}:${attempt}` }));
      }),
    retrieve: (intent) => asked(async () => toIntent(await stripe.paymentIntents.retrieve(intent))),
    cancel: (intent) =>
      asked(async () => {
        await stripe.paymentIntents.cancel(intent).catch((error: unknown) => {
          if (codeOf(error) !== "payment_intent_unexpected_state") throw error;
        });
      }),
    refund: ({ _id, intent, attempt, refund }) =>
      asked(async () => {
        if (refund) return seen(await stripe.refunds.retrieve(refund.id));
        // A failed try may have had its effect, so what is there already counts before anything new is asked for.
        const known =
          attempt > 1 ? (await stripe.refunds.list({ payment_intent: intent!, limit: 1 })).data[0] : undefined;
        if (known) return seen(known);
        const params = { payment_intent: intent!, metadata: { shop, order: _id } };
        return seen(await stripe.refunds.create(params, { idempotencyKey: `${shop}:${_id}:refund:${attempt}` }));
      }),
  };
}

function seen({ object, id, status }: Stripe.Refund) {
  if (object !== "refund") throw fail("TRY_AGAIN");
  return { id, status: status ?? "pending" };
}
const codeOf = (error: unknown) => (error instanceof Stripe.errors.StripeError ? error.code : undefined);

const PaymentIntent = Type.Object({
  object: Type.Literal("payment_intent"),
  id: Type.String(),
  client_secret: Type.String(),
});
const isPaymentIntent = Compile(PaymentIntent);

/** The library takes any JSON for what was asked, also the apology of a proxy in between. */
function toIntent(read: Stripe.PaymentIntent): Intent {
  if (!isPaymentIntent.Check(read)) throw fail("TRY_AGAIN");
  const {
    id,
    status,
    amount,
    currency,
    client_secret,
    metadata,
    last_payment_error: last,
  } = read as Stripe.PaymentIntent;
  const error = last && { code: last.code ?? "card_declined", message: last.message ?? "The card was declined" };
  return { id, status, amount, currency, clientSecret: client_secret!, metadata, error };
}

/** Whatever leaves the outcome open is TRY_AGAIN; a 500 of the provider is final for its idempotency key and stays what it is. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { StripeConnectionError, StripeRateLimitError, StripeIdempotencyError } = Stripe.errors;
    const open = [StripeConnectionError, StripeRateLimitError, StripeIdempotencyError].some(
      (type) => error instanceof type,
    );
    if (open || codeOf(error) === "idempotency_key_in_use" || codeOf(error) === "lock_timeout") throw fail("TRY_AGAIN");
    throw error;
  }
}
