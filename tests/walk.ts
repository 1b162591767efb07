import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestCluster } from "./cluster.ts";
import { Patient } from "./patient.ts";
import { notify } from "./provider.ts";

/** Nobody waits longer for an answer, whatever is broken, ms. */
const ANSWER_WITHIN = 10_000;
const EVERY = 400;
const PASSWORD = "a long password";

/** One answer: of what, when, and how long it took, ms. */
interface Heard {
  route: string;
  /** 0: no answer. */
  status: number;
  retryAfter: string | null;
  at: number;
  ms: number;
  body: string;
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Somebody who walks through all kinds of routes again and again, and notes what came. */
export class Walk {
  readonly heard: Heard[] = [];
  readonly #routes: Record<string, Ask>;
  readonly #urls: string[];
  #walking: Promise<void> | undefined;
  #ended = false;

  private constructor(urls: string[], routes: Record<string, Ask>) {
    this.#urls = urls;
    this.#routes = routes;
  }

  /** Signs somebody up who has an item for sale, and an order to look at and to pay. */
  static async prepare(shop: TestCluster): Promise<Walk> {
    const urls = [shop.url(0), shop.url(1)];
    const [seller, buyer] = [new Patient(urls, new Map()), new Patient(urls, new Map())];
    const signUp = async (person: Patient, name: string) => {
      const email = `${randomUUID()}@example.com`;
      await person.ok(person.post("/api/auth/signup", { email, password: PASSWORD, name }));
      return email;
    };
    await signUp(seller, "Sella");
    const email = await signUp(buyer, "Walka");
    const price = { amount: 900, currency: "eur" };
    const draft = { title: "On the way", description: "", price, kind: "edition", stock: 100 };
    const item = await seller.ok(seller.post("/api/items", draft));
    await seller.ok(seller.post(`/api/items/${item.id}/publish`));
    const wish = { lines: [{ itemId: item.id, quantity: 1 }] };
    const order = await buyer.ok(buyer.post("/api/orders", wish, { "idempotency-key": randomUUID() }));
    const { clientSecret } = await buyer.ok(buyer.post(`/api/orders/${order.id}/pay`));
    const intent = clientSecret.split("_secret_")[0];
    const { cookie } = buyer.client;
    const read =
      (where: string, headers = {}): Ask =>
      (url, init) =>
        fetch(url + where, { ...init, headers: { cookie, ...headers } });
    const send =
      (where: string, body: () => object): Ask =>
      (url, init) =>
        fetch(url + where, {
          ...init,
          method: "POST",
          headers: { cookie, "content-type": "application/json" },
          body: JSON.stringify(body()),
        });
    return new Walk(urls, {
      list: read("/api/items"),
      item: read(`/api/items/${item.id}`),
      order: read(`/api/orders/${order.id}`),
      library: read("/api/library"),
      me: read("/api/auth/me"),
      live: read(`/api/live?items=${item.id}&orders=${order.id}`),
      signin: send("/api/auth/signin", () => ({ email, password: PASSWORD })),
      reserve: send("/api/orders", () => wish),
      pay: send(`/api/orders/${order.id}/pay`, () => ({})),
      page: read("/", { accept: "text/html" }),
      webhook: (url, init) => notify(url, hint(intent), {}, init),
    });
  }

  start(): void {
    this.#ended = false;
    const rounds = Object.entries(this.#routes).map(async ([route, ask]) => {
      for (let turn = 0; !this.#ended; turn++) {
        await this.#step(route, ask, this.#urls[turn % this.#urls.length]!);
        await sleep(EVERY);
      }
    });
    this.#walking = Promise.all(rounds).then(() => {});
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#walking;
  }

  /** Resolves when every route has answered well, with a question that was asked since; how long after `since` that was, ms. */
  async wellSince(since: number, ms: number): Promise<number> {
    for (const end = since + ms; ; await sleep(50)) {
      const last = Object.keys(this.#routes).map((route) => this.#firstWell(route, since));
      if (last.every((at) => at !== undefined)) return Math.max(...(last as number[])) - since;
      if (Date.now() > end)
        throw new Error(`not well again: ${Object.keys(this.#routes).filter((_, n) => last[n] === undefined)}`);
    }
  }

  /** Answers that nobody should ever get: a 500, a 503 that does not say when to ask again, or none in time. */
  get wrong(): string[] {
    return this.heard
      .filter(({ status, retryAfter, ms }) =>
        status === 503 ? !(Number(retryAfter) > 0) : status >= 500 || status === 0 || ms > ANSWER_WITHIN,
      )
      .map(({ route, status, ms, body }) => `${route}: ${status} after ${ms} ms ${body}`);
  }

  /** The routes that once asked for patience. */
  get patience(): string[] {
    return [...new Set(this.heard.filter(({ status }) => status === 503).map(({ route }) => route))].sort();
  }

  get slowest(): number {
    return Math.max(...this.heard.map(({ ms }) => ms));
  }

  /** After its last bad answer. */
  #firstWell(route: string, since: number): number | undefined {
    const own = this.heard.filter((one) => one.route === route && one.at >= since);
    const bad = own.findLastIndex(({ status }) => status >= 500 || status === 0);
    const well = own[bad + 1];
    return well && well.at + well.ms;
  }

  async #step(route: string, ask: Ask, url: string): Promise<void> {
    const at = Date.now();
    const signal = AbortSignal.timeout(ANSWER_WITHIN * 2);
    const heard: Heard = { route, status: 0, retryAfter: null, at, ms: 0, body: "" };
    try {
      const response = await ask(url, { signal });
      heard.status = response.status;
      heard.retryAfter = response.headers.get("retry-after");
      // A stream has no end.
      if (response.status >= 500) heard.body = (await response.text()).slice(0, 200);
      else void response.body?.cancel();
    } catch (error) {
      heard.body = String((error as Error).cause ?? error);
    }
    heard.ms = Date.now() - at;
    this.heard.push(heard);
  }
}

/** An event of the provider that says nothing new. */
const hint = (intent: string) => ({
  id: `evt_${randomUUID()}`,
  object: "event",
  type: "payment_intent.payment_failed",
  data: { object: { id: intent, object: "payment_intent" } },
});
