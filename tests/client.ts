import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** What came back: its status, its headers, its body as JSON (or text). */
export interface Reply {
  status: number;
  headers: Headers;
  body: any;
}

export interface Ask {
  method?: string;
  body?: unknown;
  raw?: string | Buffer | URLSearchParams;
  headers?: Record<string, string>;
  /** Ends the wait for an answer. */
  signal?: AbortSignal;
}

/** A person with a browser's cookies: written from the HTTP contract alone, with nothing of the code. */
export class Client {
  #jar = new Map<string, string>();
  readonly #urls: string[];
  #turn = 0;
  token: string | undefined;

  /** Of several gateways each is asked in its turn. */
  constructor(...urls: string[]) {
    this.#urls = urls;
  }

  /** What its browser sends along. */
  get cookie(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async ask(path: string, { method = "GET", body, raw, headers = {}, signal }: Ask = {}): Promise<Reply> {
    const { cookie } = this;
    const response = await fetch(path.startsWith("http") ? path : this.#gateway() + path, {
      method,
      redirect: "manual",
      ...(signal && { signal }),
      headers: {
        ...(cookie && { cookie }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(this.token && { "order-token": this.token }),
        ...headers,
      },
      ...(body !== undefined ? { body: JSON.stringify(body) } : raw !== undefined ? { body: raw } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value) this.#jar.set(name!, value);
      else this.#jar.delete(name!);
    }
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json");
    return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
  }

  #gateway = () => this.#urls[this.#turn++ % this.#urls.length];

  get = (path: string) => this.ask(path);
  post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    this.ask(path, { method: "POST", body: body ?? {}, ...(headers && { headers }) });
  put = (path: string, body: object = {}): Promise<Reply> => this.ask(path, { method: "PUT", body });
  delete = (path: string): Promise<Reply> => this.ask(path, { method: "DELETE" });

  /** The body of a success; anything else is an error that says what came. */
  async ok(reply: Promise<Reply>): Promise<any> {
    const { status, body } = await reply;
    if (status >= 400) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Every documented route, as "METHOD /path/{parameter}". */
  async routes(): Promise<string[]> {
    const { paths } = await this.ok(this.get("/api/openapi.json"));
    return Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  async signUp(name = "Somebody", email = `${randomUUID()}@example.com`): Promise<this> {
    await this.ok(this.post("/api/auth/signup", { email, password: "a long password", name }));
    return this;
  }

  /** A published item; for unlimited goods with one small file, for keys with the keys given. */
  async sell({
    kind = "edition",
    stock,
    price = 1200,
    keys,
    perBuyer,
    title = "A thing",
  }: {
    kind?: string;
    stock?: number;
    price?: number;
    keys?: string[];
    perBuyer?: number;
    title?: string;
  } = {}): Promise<{ id: string }> {
    const item = await this.ok(
      this.post("/api/items", {
        title,
        description: "Made for a test.",
        price: { amount: price, currency: "eur" },
        kind,
        ...(kind === "edition" && { stock: stock ?? 1 }),
        ...(perBuyer && { perBuyer }),
      }),
    );
    if (kind === "unlimited")
      await this.ok(
        this.ask(`/api/items/${item.id}/files/book.txt`, {
          method: "PUT",
          raw: "Once upon a time",
          headers: { "content-type": "text/plain" },
        }),
      );
    if (keys) await this.ok(this.post(`/api/items/${item.id}/keys`, { keys }));
    return this.ok(this.post(`/api/items/${item.id}/publish`));
  }

  order(lines: { itemId: string; quantity: number }[], extra: object = {}, key?: string): Promise<Reply> {
    return this.post("/api/orders", { lines, ...extra }, key === undefined ? {} : { "idempotency-key": key });
  }

  /** Reserves with patience: what is undecided is asked for again, under the same key. */
  async reserve(itemId: string, quantity = 1): Promise<Reply> {
    const key = randomUUID();
    for (let tries = 1; ; tries++) {
      const reply = await this.order([{ itemId, quantity }], {}, key);
      if (reply.status !== 503 || tries === 10) return reply;
      await sleep(1000);
    }
  }

  buy = (itemId: string, quantity = 1) => this.order([{ itemId, quantity }]);

  /** Asks for the payment and confirms it as Stripe.js does. */
  async pay(order: string, method = "pm_card_visa"): Promise<Reply> {
    const { clientSecret, publishableKey, apiBase } = await this.ok(this.post(`/api/orders/${order}/pay`));
    return this.confirm({ clientSecret, publishableKey, apiBase }, method);
  }

  confirm(
    { clientSecret, publishableKey, apiBase }: { clientSecret: string; publishableKey: string; apiBase: string },
    method = "pm_card_visa",
  ): Promise<Reply> {
    const intent = clientSecret.split("_secret_")[0];
    return this.ask(`${apiBase}/v1/payment_intents/${intent}/confirm`, {
      method: "POST",
      raw: new URLSearchParams({ key: publishableKey, client_secret: clientSecret, payment_method: method }),
    });
  }

  /** The order, once it has reached one of these states. */
  async reaches(order: string, states: string[], ms = 15_000): Promise<any> {
    for (const end = Date.now() + ms; ; await sleep(25)) {
      const { status, body } = await this.get(`/api/orders/${order}`);
      if (status === 200 && states.includes(body.status)) return body;
      if (Date.now() > end) throw new Error(`Order ${order} is ${body.status ?? status}, not ${states.join(" or ")}`);
    }
  }
}
