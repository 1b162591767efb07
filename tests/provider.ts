import { makeSecrets } from "../core/secrets.ts";
import { sandboxKeys } from "../services/sandbox/keys.ts";
import { sign } from "../services/sandbox/webhooks.ts";

/** The keys of a shop whose secrets a spec has to know. */
export const KEYS = {
  JWT_SECRET: "a secret that only tests know, 32+",
  DATA_KEY: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
};
const secrets = makeSecrets(KEYS.JWT_SECRET, Buffer.from(KEYS.DATA_KEY, "hex"));
const { secretKey, webhookSecret } = sandboxKeys(secrets);

/** What can go wrong at the provider: rates are 0 to 1, delays ms. */
export interface Faults {
  webhooks?: { delayMs?: [number, number]; duplicate?: number; drop?: number; reorder?: number };
  api?: { error?: number; hang?: number; delayMs?: number };
}

/** A PaymentIntent, as far as specs look at it. */
export interface Intent {
  id: string;
  status: string;
  amount: number;
  metadata: Record<string, string>;
  client_secret: string;
}

interface Refund {
  status: string;
  amount: number;
}

/** The payment provider behind a shop that was started with KEYS, seen with the shop's secret key. */
export class Provider {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** From now on; `{}` ends all faults. */
  async faults(faults: Faults): Promise<void> {
    await this.#ask("/v1/test/faults", { method: "PUT", body: JSON.stringify(faults) });
  }

  /** All PaymentIntents, the newest first. */
  async intents(): Promise<Intent[]> {
    const intents: Intent[] = [];
    for (;;) {
      const after = intents.length ? `&starting_after=${intents.at(-1)!.id}` : "";
      const page = await this.#ask<{ data: Intent[]; has_more: boolean }>(`/v1/payment_intents?limit=100${after}`);
      intents.push(...page.data);
      if (!page.has_more) return intents;
    }
  }

  /** All PaymentIntents of an order. */
  async intentsOf(order: string): Promise<Intent[]> {
    return (await this.intents()).filter(({ metadata }) => metadata["order"] === order);
  }

  async refundsOf(intent: string): Promise<Refund[]> {
    const { data } = await this.#ask<{ data: Refund[] }>(`/v1/refunds?payment_intent=${intent}`);
    return data;
  }

  /** An intent beside the shop's own, paid at once. */
  pay(amount: number, metadata: Record<string, string>): Promise<Intent> {
    const named = Object.entries(metadata).map(([name, value]): [string, string] => [`metadata[${name}]`, value]);
    const form = { amount: String(amount), currency: "eur", "allowed_payment_method_types[]": "card" };
    const confirmed = { payment_method: "pm_card_visa", confirm: "true", ...Object.fromEntries(named) };
    const body = new URLSearchParams({ ...form, ...confirmed });
    return this.#ask("/v1/payment_intents", { method: "POST", body });
  }

  /** Sends the shop a webhook, signed `age` seconds ago; its HTTP status. */
  async webhook(event: object | string, options: { secret?: string; age?: number } = {}): Promise<number> {
    return (await notify(this.#url, event, options)).status;
  }

  async #ask<Body>(path: string, init: RequestInit = {}): Promise<Body> {
    const response = await fetch(this.#url + path, { ...init, headers: { authorization: `Bearer ${secretKey}` } });
    const body = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(body)}`);
    return body;
  }
}

/** Sends a webhook to the shop at this address, signed `age` seconds ago. */
export function notify(
  url: string,
  event: object | string,
  { secret = webhookSecret, age = 0 }: { secret?: string; age?: number } = {},
  init: RequestInit = {},
): Promise<Response> {
  const body = typeof event === "string" ? event : JSON.stringify(event);
  const signature = sign(body, secret, Date.now() - age * 1000);
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  return fetch(`${url}/api/webhooks/stripe`, { ...init, method: "POST", headers, body });
}
