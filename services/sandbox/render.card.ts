import type Stripe from "stripe";
import { cardOf } from "./cards.ts";
import type { Charge } from "./records.ts";

/** How cards look on the wire. The shapes are Stripe's types: whatever the sandbox has no use for is null. */

const EXPIRY = { exp_month: 12, exp_year: 2034 };
const CHECKS = { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" };
const NOBODY = { address: null, email: null, name: null, phone: null, tax_id: null };

export function paymentMethod(id: string): Stripe.PaymentMethod {
  const { brand, last4 } = cardOf(id)!;
  return {
    id,
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: NOBODY,
    card: {
      brand,
      checks: CHECKS,
      country: "US",
      display_brand: brand,
      ...EXPIRY,
      fingerprint: `sandbox${last4}`,
      funding: "credit",
      generated_from: null,
      last4,
      networks: { available: [brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: 0,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  };
}

export function charge(record: Charge): Stripe.Charge {
  const { id, amount, failure, refunded } = record;
  return {
    id,
    object: "charge",
    amount,
    amount_captured: failure ? 0 : amount,
    amount_refunded: refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: NOBODY,
    calculated_statement_descriptor: null,
    captured: !failure,
    created: Math.floor(record.at / 1000),
    currency: record.currency,
    customer: null,
    description: record.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: record.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: failure ? "declined_by_network" : "approved_by_network",
      reason: failure?.decline_code ?? null,
      risk_level: "normal",
      seller_message: failure ? "The bank did not approve this payment." : "Payment complete.",
      type: failure ? "issuer_declined" : "authorized",
    },
    paid: !failure,
    payment_intent: record.intent,
    payment_method: record.method,
    payment_method_details: { type: "card", card: chargedCard(record) },
    receipt_email: record.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: refunded === amount,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: failure ? "failed" : "succeeded",
    transfer_data: null,
    transfer_group: null,
  };
}

function chargedCard({ method, amount, failure, authenticated }: Charge): Stripe.Charge.PaymentMethodDetails.Card {
  const { brand, last4 } = cardOf(method)!;
  return {
    amount_authorized: failure ? null : amount,
    authorization_code: null,
    brand,
    checks: CHECKS,
    country: "US",
    electronic_commerce_indicator: null,
    ...EXPIRY,
    fingerprint: `sandbox${last4}`,
    funding: "credit",
    installments: null,
    last4,
    mandate: null,
    network: brand,
    network_transaction_id: null,
    regulated_status: "unregulated",
    three_d_secure: authenticated ? AUTHENTICATED : null,
    transaction_link_id: null,
    wallet: null,
  };
}

const AUTHENTICATED: Stripe.Charge.PaymentMethodDetails.Card.ThreeDSecure = {
  authentication_flow: "challenge",
  electronic_commerce_indicator: "05",
  exemption_indicator: null,
  result: "authenticated",
  result_reason: null,
  transaction_id: null,
  version: "2.2.0",
};
