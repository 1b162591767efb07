import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { load } from "../mixins/db/file.ts";
import type { OrderDoc } from "../services/orders/orders.contract.ts";
import { auditOf } from "./audit.ts";
import type { Client, Reply } from "./client.ts";
import { KEYS, Provider } from "./provider.ts";
import { Shop } from "./shop.ts";

/** Given to repeat a run: the dice of the killer and of every buyer follow from it. */
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const KILLS = Number(process.env["KILLS"] ?? 30);
/** On a machine too slow for all of them the killing ends earlier, ms. */
const KILLING_WITHIN = 150_000;
const BUYERS = 20;
const HOLD_SECONDS = 5;
/** Once the last hold is over, every order has ended by then: the slowest way on from wherever a crash left it, ms. */
const ENDED_WITHIN = 15_000;
const ENDS = ["fulfilled", "expired", "cancelled", "rejected"];

/** mulberry32: numbers in [0, 1) that follow from the seed. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What one of the buyers was told, and has to find true afterwards. */
interface Told {
  client: Client;
  id: string;
  paid?: boolean;
  cancelled?: boolean;
}

describe("kill -9 at any moment", () => {
  let shop: Shop;
  let closing = false;
  const told: Told[] = [];
  const surprises: string[] = [];

  beforeAll(async () => {
    shop = await Shop.start({ env: { ...KEYS, HOLD_SECONDS: String(HOLD_SECONDS) } });
    // One gentle stop writes down what was compiled: that makes every other start cheaper.
    await shop.interrupt();
    shop = await shop.restart();
  });
  afterAll(() => shop.stop());

  /** Asks until somebody decides: the shop is away again and again. Null when the run is over first. */
  async function insist(ask: () => Promise<Reply>): Promise<Reply | null> {
    for (;;) {
      const reply = await ask().catch(() => null);
      if (reply && reply.status !== 503) {
        if (reply.status >= 500) surprises.push(JSON.stringify([reply.status, reply.body]));
        return reply;
      }
      if (closing) return null;
      await sleep(100);
    }
  }

  /** One order after the other: most are paid, some cancelled, some left alone. */
  async function shopping(items: string[], random: () => number): Promise<void> {
    while (!closing) {
      const client = shop.client();
      const key = randomUUID();
      const [first, second] = items.toSorted(() => random() - 0.5) as [string, string];
      const lines = [{ itemId: first, quantity: 1 }];
      if (random() < 0.3) lines.push({ itemId: second, quantity: 1 });
      const fate = random();
      const think = () => sleep(random() * 300);

      const ordered = await insist(() => client.order(lines, { email: "guest@example.com" }, key));
      await think();
      if (ordered?.body.status !== "reserved") continue;
      const order: Told = { client, id: ordered.body.id };
      client.token = ordered.body.token;
      told.push(order);
      if (fate < 0.2) continue;
      if (fate < 0.35) {
        const reply = await insist(() => client.post(`/api/orders/${order.id}/cancel`));
        order.cancelled = reply?.body.status === "cancelled";
      } else {
        const payment = await insist(() => client.post(`/api/orders/${order.id}/pay`));
        await think();
        const confirmed = payment?.status === 200 ? await insist(() => client.confirm(payment.body)) : null;
        order.paid = confirmed?.body.status === "succeeded";
      }
    }
  }

  test(`no order and no payment is lost, no copy is sold twice, and every order ends by itself (SEED=${SEED})`, async () => {
    const seller = await shop.client().signUp("Sella");
    const keys = Array.from({ length: 300 }, (_, n) => `KEY-${n}`);
    const items = [
      await seller.sell({ stock: 300 }),
      await seller.sell({ stock: 12, title: "Few" }),
      await seller.sell({ kind: "keys", keys }),
      await seller.sell({ kind: "unlimited" }),
    ].map(({ id }) => id);
    const shoppers = Array.from({ length: BUYERS }, (_, n) => shopping(items, dice(SEED + n + 1)));

    const random = dice(SEED);
    const late = Date.now() + KILLING_WITHIN;
    for (let kill = 1; kill <= KILLS && Date.now() < late; kill++) {
      // Every third comes at once, while the shop still makes good what the last one left.
      await sleep(kill % 3 === 0 ? random() * 60 : 100 + random() * 800);
      shop = await shop.restart();
    }
    closing = true;
    await Promise.all(shoppers);
    // The orders that nobody was told of expire as well.
    await sleep(HOLD_SECONDS * 1000 + 2000);

    const end = Date.now() + ENDED_WITHIN;
    const serials = new Map<string, number[]>();
    const states: Record<string, number> = {};
    for (const { client, id, paid, cancelled } of told) {
      const order = await client.reaches(id, ENDS, Math.max(0, end - Date.now()));
      states[order.status] = (states[order.status] ?? 0) + 1;
      if (paid) expect([id, order.status]).toEqual([id, "fulfilled"]);
      if (cancelled) expect([id, order.status]).toEqual([id, "cancelled"]);
      for (const line of order.lines) serials.set(line.itemId, [...(serials.get(line.itemId) ?? []), ...line.serials]);
    }
    expect(Object.keys(states).toSorted()).toEqual(["cancelled", "expired", "fulfilled"]);
    for (const sold of serials.values()) expect(new Set(sold).size).toBe(sold.length);
    expect(surprises).toEqual([]);
    const charged = (await new Provider(shop.url).intents()).filter(({ status }) => status === "succeeded");

    await shop.crash();
    const { faults } = await auditOf(shop.dir);
    expect(faults).toEqual([]);
    const { docs } = await load<OrderDoc>(join(shop.dir, "orders.db"));
    expect(docs.filter(({ state }) => !ENDS.includes(state)).map(({ _id, state }) => [_id, state])).toEqual([]);
    const fulfilled = docs.filter(({ state }) => state === "fulfilled").map(({ _id }) => _id);
    expect(charged.map(({ metadata }) => metadata["order"]).toSorted()).toEqual(fulfilled.toSorted());
  }, 240_000);
});
