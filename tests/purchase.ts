import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Patient } from "./patient.ts";

/** How long money may take to become goods, ms. */
const FULFILLED_WITHIN = 60_000;
const POLL = 200;
/** The states on the way from a reservation to the goods. */
const ON_THE_WAY = ["reserved", "paid", "fulfilled"];

/** What a buyer means to do: pay, pay after a declined card, think better of it, or just go away. */
export type Plan = "pays" | "declined" | "cancels" | "abandons";

export interface Wish {
  plan: Plan;
  item: string;
  kind: string;
  /** Of a guest; a buyer with an account has none. */
  email?: string;
}

/** One purchase as its buyer saw it. */
export interface Purchase extends Wish {
  key: string;
  /** The ids that came back under the key: one, or something is wrong. */
  orders: string[];
  /** The states it was seen in. */
  statuses: string[];
  /** What a buyer holds in the end: "item#serial", or a licence key. */
  goods: string[];
  /** What should not have been. */
  faults: string[];
  retries: number;
  /** From the first request to the goods, ms. */
  ms: number;
}

/** Buys one copy, from the HTTP contract alone. What goes wrong stands in `faults`; it never throws. */
export async function purchase(buyer: Patient, wish: Wish): Promise<Purchase> {
  const record: Purchase = {
    ...wish,
    ...{ key: randomUUID(), orders: [], statuses: [], goods: [], faults: [], retries: 0, ms: 0 },
  };
  const began = performance.now();
  const retried = buyer.retries;
  buyer.faults.length = 0;
  await new Buying(buyer, record).run().catch((error: Error) => record.faults.push(error.message));
  record.faults.push(...buyer.faults);
  record.retries = buyer.retries - retried;
  record.ms = performance.now() - began;
  return record;
}

/** The same request under the same key: the order as it is by now, and what is wrong about that. */
export async function repeated(buyer: Patient, record: Purchase): Promise<string> {
  const buying = new Buying(buyer, record);
  await buying.reserve();
  return record.statuses.at(-1)!;
}

class Buying {
  readonly #buyer: Patient;
  readonly #record: Purchase;

  constructor(buyer: Patient, record: Purchase) {
    this.#buyer = buyer;
    this.#record = record;
  }

  async run(): Promise<void> {
    const { plan } = this.#record;
    const id = await this.reserve();
    if (plan === "abandons") return;
    if (plan === "cancels") return this.#cancel(id);
    const payment = await this.#expect(200, this.#buyer.post(`/api/orders/${id}/pay`));
    if (plan === "declined") await this.#confirm(payment, "pm_card_chargeDeclined");
    await this.#confirm(payment, "pm_card_visa");
    await this.#reaches(id, "fulfilled", ON_THE_WAY);
    await this.#takeGoods(id);
  }

  /** There is stock: anything but an order is wrong. */
  async reserve(): Promise<string> {
    const { item, email, key } = this.#record;
    const body = { lines: [{ itemId: item, quantity: 1 }], ...(email && { email }) };
    const reply = await this.#buyer.post("/api/orders", body, { "idempotency-key": key });
    const order = await this.#expect([200, 201], Promise.resolve(reply));
    const { orders } = this.#record;
    if (!orders.includes(order.id)) orders.push(order.id);
    if (orders.length > 1) throw new Error(`a second order under one key: ${orders.join(", ")}`);
    if (order.token) this.#buyer.client.token = order.token;
    this.#saw(order.status);
    return order.id;
  }

  async #cancel(id: string): Promise<void> {
    this.#saw((await this.#expect(200, this.#buyer.post(`/api/orders/${id}/cancel`))).status);
    await this.#reaches(id, "cancelled", ["closing", "cancelled"]);
  }

  /** As Stripe.js does. Where an answer was lost, the next one may say that it had succeeded. */
  async #confirm(
    { clientSecret, publishableKey, apiBase }: { clientSecret: string; publishableKey: string; apiBase: string },
    method: string,
  ): Promise<void> {
    const form = { key: publishableKey, client_secret: clientSecret, payment_method: method };
    const path = `${apiBase}/v1/payment_intents/${clientSecret.split("_secret_")[0]}/confirm`;
    const { retries } = this.#buyer;
    const { status, body } = await this.#buyer.ask(path, { method: "POST", raw: new URLSearchParams(form) });
    const declined = method === "pm_card_chargeDeclined" && status === 402;
    const again = this.#buyer.retries > retries && body.error?.code === "payment_intent_unexpected_state";
    if (!declined && !again && body.status !== "succeeded")
      throw new Error(`confirm with ${method}: ${status} ${JSON.stringify(body.error ?? body.status)}`);
  }

  async #reaches(id: string, goal: string, allowed: string[]): Promise<void> {
    for (const end = Date.now() + FULFILLED_WITHIN; ; await sleep(POLL)) {
      const { status } = await this.#expect(200, this.#buyer.get(`/api/orders/${id}`));
      this.#saw(status);
      if (status === goal) return;
      if (!allowed.includes(status)) throw new Error(`order ${id} is ${status} on its way to ${goal}`);
      if (Date.now() > end) throw new Error(`order ${id} is still ${status} after ${FULFILLED_WITHIN} ms`);
    }
  }

  async #takeGoods(id: string): Promise<void> {
    const { item, kind } = this.#record;
    const { rows } = await this.#expect(200, this.#buyer.get("/api/library?pageSize=100"));
    const own = rows.filter(({ orderId, status }: any) => orderId === id && status === "active");
    if (own.length !== 1) throw new Error(`order ${id} is fulfilled with ${own.length} copies`);
    const [{ serial, key }] = own;
    if (kind === "edition" && typeof serial !== "number") throw new Error(`order ${id} has no number`);
    if (kind === "keys" && typeof key !== "string") throw new Error(`order ${id} has no key`);
    if (kind !== "unlimited") this.#record.goods.push(`${item}#${serial ?? key}`);
  }

  #saw(status: string): void {
    const { statuses } = this.#record;
    if (statuses.at(-1) !== status) statuses.push(status);
  }

  async #expect(wanted: number | number[], reply: ReturnType<Patient["get"]>): Promise<any> {
    const { status, body } = await reply;
    if (![wanted].flat().includes(status)) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body;
  }
}
