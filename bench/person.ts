import { randomUUID } from "node:crypto";
import { Agent, request, type IncomingMessage } from "node:http";

/** Longer than any answer may take, ms: a run ends in any case. */
const PATIENCE = 30_000;
/** How often somebody asks who is told to try again. */
const TRIES = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 128 });

/** Ends the connections that wait for a next request. */
export const hangUp = (): void => agent.destroy();

/** Opens a request on a connection that is kept; resolves with the head of its answer. */
export function send(
  url: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers: { ...headers, "content-length": Buffer.byteLength(body) } });
    asked.once("response", resolve).once("error", reject).end(body);
    asked.setTimeout(PATIENCE, () => asked.destroy(new Error(`${method} ${url}: no answer within ${PATIENCE} ms`)));
  });
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return text;
}

export interface Reply<T> {
  status: number;
  body: T;
}

/** Somebody with cookies and a connection: like `tests/client.ts`, but cheap enough to make a crowd of. */
export class Person {
  readonly url: string;
  #cookies = "";

  constructor(url: string) {
    this.url = url;
  }

  get headers(): Record<string, string> {
    return this.#cookies ? { cookie: this.#cookies } : {};
  }

  async ask<T>(method: string, path: string, body?: object, given: Record<string, string> = {}): Promise<Reply<T>> {
    const form = body instanceof URLSearchParams;
    const type = form ? "application/x-www-form-urlencoded" : "application/json";
    const asked = {
      method,
      headers: { ...this.headers, ...(body && { "content-type": type }), ...given },
      body: form ? String(body) : body ? JSON.stringify(body) : "",
    };
    for (let tries = 1; ; tries++) {
      const response = await send(path.startsWith("http") ? path : this.url + path, asked);
      const text = await textOf(response);
      // "Not decided yet, try again": whatever is asked for here changes nothing when it is repeated.
      if (response.statusCode === 503 && tries < TRIES) continue;
      const cookies = path === "/api/auth/signup" ? response.headers["set-cookie"] : undefined;
      if (cookies) this.#cookies = cookies.map((line) => line.split(";")[0]).join("; ");
      return { status: response.statusCode!, body: JSON.parse(text) as T };
    }
  }

  /** The body of a success; anything else is an error that says what came. */
  async ok<T>(method: string, path: string, body?: object): Promise<T> {
    const reply = await this.ask<T>(method, path, body);
    if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  async signUp(): Promise<this> {
    const account = { email: `${randomUUID()}@example.com`, password: "a long password", name: "Somebody" };
    await this.ok("POST", "/api/auth/signup", account);
    return this;
  }

  /** A published edition; its id. */
  async sell(stock: number): Promise<string> {
    const price = { amount: 1200, currency: "eur" };
    const draft = { title: "A thing", description: "Made to be sold.", price, kind: "edition", stock };
    const { id } = await this.ok<{ id: string }>("POST", "/api/items", draft);
    await this.ok("POST", `/api/items/${id}/publish`);
    return id;
  }

  /** Reserves one copy: the order's id, or the type of the refusal. */
  async reserve(itemId: string, guest: object = {}): Promise<string> {
    const wanted = { lines: [{ itemId, quantity: 1 }], ...guest };
    const key = { "idempotency-key": randomUUID() };
    const { status, body } = await this.ask<{ id: string; type: string }>("POST", "/api/orders", wanted, key);
    return status < 400 ? body.id : body.type;
  }

  /** Pays as Stripe.js does, at the address that the shop names. */
  async pay(order: string): Promise<void> {
    const asked = await this.ok<Record<"clientSecret" | "publishableKey" | "apiBase", string>>(
      "POST",
      `/api/orders/${order}/pay`,
    );
    const { clientSecret, publishableKey: key, apiBase } = asked;
    const card = { key, client_secret: clientSecret, payment_method: "pm_card_visa" };
    const path = `/v1/payment_intents/${clientSecret.split("_secret_")[0]}/confirm`;
    await this.ok("POST", apiBase + path, new URLSearchParams(card));
  }
}
