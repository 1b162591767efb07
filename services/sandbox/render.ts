import type Stripe from "stripe";
import type { Failure } from "./cards.ts";
import type { ApiError } from "./errors.ts";
import type { Event, Intent, Refund, Subject } from "./records.ts";
import { charge, paymentMethod } from "./render.card.ts";
import type { Page } from "./shelf.ts";

/** The version of Stripe's API that these shapes are of: that of the `stripe` package. */
export const API_VERSION: Stripe.LatestApiVersion = "2026-10-28.endive";

/** What is shown to whoever has no more than a publishable key and the client secret. */
const PUBLIC_FIELDS = [
  "id",
  "object",
  "amount",
  "amount_details",
  "automatic_payment_methods",
  "canceled_at",
  "cancellation_reason",
  "capture_method",
  "client_secret",
  "confirmation_method",
  "created",
  "currency",
  "description",
  "last_payment_error",
  "livemode",
  "next_action",
  "payment_method",
  "payment_method_types",
  "processing",
  "receipt_email",
  "setup_future_usage",
  "shipping",
  "source",
  "status",
] as const satisfies (keyof Stripe.PaymentIntent)[];

type AnyEvent = Omit<Stripe.PaymentIntentSucceededEvent, "type" | "data"> & {
  type: string;
  data: { object: Rendered };
};
type Rendered = Stripe.PaymentIntent | Stripe.Charge | Stripe.Refund;

/** Makes what Stripe shows of what the sandbox keeps. */
export class Renderer {
  readonly #publicUrl: string;
  readonly #undelivered: ReadonlySet<string>;

  constructor(publicUrl: string, undelivered: ReadonlySet<string>) {
    this.#publicUrl = publicUrl;
    this.#undelivered = undelivered;
  }

  subject(record: Subject): Rendered {
    if (record.object === "payment_intent") return this.intent(record);
    return record.object === "charge" ? charge(record) : refund(record);
  }

  intent(record: Intent): Stripe.PaymentIntent {
    const { id, amount, status, challenge, canceledAt } = record;
    return {
      id,
      object: "payment_intent",
      allowed_payment_method_types: record.allowed && [...record.allowed],
      amount,
      amount_capturable: 0,
      amount_details: { tip: {} },
      amount_received: status === "succeeded" ? amount : 0,
      application: null,
      application_fee_amount: null,
      automatic_payment_methods: record.automatic && { allow_redirects: record.automatic, enabled: true },
      canceled_at: canceledAt && seconds(canceledAt),
      cancellation_reason: record.cancellationReason,
      capture_method: record.capture,
      client_secret: record.clientSecret,
      confirmation_method: "automatic",
      created: seconds(record.at),
      currency: record.currency,
      customer: null,
      customer_account: null,
      description: record.description,
      excluded_payment_method_types: null,
      last_payment_error: record.failure && lastError(record.failure),
      latest_charge: record.charge,
      livemode: false,
      managed_payments: null,
      metadata: record.metadata,
      next_action:
        status === "requires_action" && challenge
          ? {
              type: "redirect_to_url",
              redirect_to_url: {
                return_url: challenge.returnUrl,
                url: `${this.#publicUrl}/v1/test/3ds/${id}?source=${challenge.token}`,
              },
            }
          : null,
      on_behalf_of: null,
      payment_method: record.method,
      payment_method_configuration_details: null,
      payment_method_options: {
        card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
      },
      payment_method_types: ["card"],
      payment_record: null,
      processing: null,
      receipt_email: record.receiptEmail,
      review: null,
      setup_future_usage: null,
      shipping: null,
      source: null,
      statement_descriptor: null,
      statement_descriptor_suffix: null,
      status,
      transfer_group: null,
    };
  }

  /** The part that a browser may see. */
  publicIntent(record: Intent): Partial<Stripe.PaymentIntent> {
    const intent = this.intent(record);
    return Object.fromEntries(PUBLIC_FIELDS.map((field) => [field, intent[field]]));
  }

  event({ id, at, type, subject, request }: Event): AnyEvent {
    return {
      id,
      object: "event",
      api_version: API_VERSION,
      created: seconds(at),
      data: { object: this.subject(subject) },
      livemode: false,
      pending_webhooks: this.#undelivered.has(id) ? 1 : 0,
      request: { id: request?.id ?? null, idempotency_key: request?.key ?? null },
      type,
    };
  }

  page<T extends Subject | Event>({ rows, more }: Page<T>, url: string): Stripe.ApiList<Rendered | AnyEvent> {
    const data = rows.map((row) => (row.object === "event" ? this.event(row) : this.subject(row)));
    return { object: "list", data, has_more: more, url };
  }

  error({ body, intent }: ApiError, isPublic: boolean): object {
    return {
      error: {
        ...body,
        ...(body.code && { doc_url: docs(body.code) }),
        ...(intent && { payment_intent: isPublic ? this.publicIntent(intent) : this.intent(intent) }),
        ...(intent?.failure && { payment_method: paymentMethod(intent.failure.method) }),
      },
    };
  }
}

function refund(record: Refund): Stripe.Refund {
  const { id, amount, status } = record;
  return {
    id,
    object: "refund",
    amount,
    balance_transaction: null,
    charge: record.charge,
    created: seconds(record.at),
    currency: record.currency,
    customer: null,
    customer_account: null,
    destination_details: {
      type: "card",
      card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
    },
    ...(status === "failed" && { failure_reason: "unknown" }),
    metadata: record.metadata,
    payment_intent: record.intent,
    payment_method: record.method,
    ...(status === "pending" && { pending_reason: "processing" }),
    reason: record.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status,
    transfer_reversal: null,
  };
}

const lastError = ({ method, ...failure }: Failure): Stripe.PaymentIntent.LastPaymentError => ({
  ...(failure as Stripe.PaymentIntent.LastPaymentError),
  doc_url: docs(failure.code),
  payment_method: paymentMethod(method),
});

const docs = (code: string) => `https://docs.stripe.com/error-codes#${code.replaceAll("_", "-")}`;
const seconds = (ms: number) => Math.floor(ms / 1000);
