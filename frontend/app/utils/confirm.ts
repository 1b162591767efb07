import type { PayWith } from "./types.ts";

export type Confirmed =
  | { state: "done" }
  | { state: "redirect"; url: string }
  /** `code` is Stripe's. */
  | { state: "declined"; code: string }
  /** The intent has moved on: read the order. */
  | { state: "stale" };

interface Reply {
  next_action?: { redirect_to_url?: { url?: string } };
  error?: { code?: string; message?: string };
}

/** "pi_123_secret_456" → "pi_123" */
export const intentOf = (clientSecret: string) => clientSecret.split("_secret_")[0]!;

/** Confirms a payment over Stripe's wire API, as Stripe.js does. Throws when nothing answered: the outcome is unknown then. */
export async function confirmPayment(pay: PayWith, paymentMethod: string, returnUrl: string): Promise<Confirmed> {
  const response = await fetch(`${pay.apiBase}/v1/payment_intents/${intentOf(pay.clientSecret)}/confirm`, {
    method: "POST",
    body: new URLSearchParams({
      key: pay.publishableKey,
      client_secret: pay.clientSecret,
      payment_method: paymentMethod,
      return_url: returnUrl,
    }),
  });
  const reply = (await response.json()) as Reply;
  const url = reply.next_action?.redirect_to_url?.url;
  if (response.ok) return url ? { state: "redirect", url } : { state: "done" };
  if (response.status === 402) return { state: "declined", code: reply.error?.code ?? "card_declined" };
  if (reply.error?.code === "payment_intent_unexpected_state") return { state: "stale" };
  throw new Error(reply.error?.message ?? `The payment service answered ${response.status}`);
}
