import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { testBroker } from "./broker.ts";
import { TestCluster } from "./cluster.ts";
import { Crowd } from "./crowd.ts";
import { KEYS } from "./provider.ts";
import { skipped } from "./servers.ts";
import { Walk } from "./walk.ts";

/** By then the shop is well again after a server has come back, ms. */
const WELL_WITHIN = 10_000;
/** By then every order is final or at rest, ms. */
const AT_REST_WITHIN = 30_000;
/** Longer than any of the troubles, and short enough to see what is left to the deadline. */
const ENV = { ...KEYS, HOLD_SECONDS: "45" };
/** Two processes of each: every call from the one to the other goes over NATS. */
const GROUPS = [
  "api,auth,items,delivery,search,wishlist",
  "orders,inventory,payments,expiration,audit,discounts,waitlist,mail",
  "sandbox,demo",
];

const missing = TestCluster.missing();
if (missing) skipped("the death of servers", missing);

(missing ? describe.skip : describe)("a cluster whose servers die", () => {
  let shop: TestCluster;
  let crowd: Crowd;
  let walk: Walk;

  beforeAll(async () => {
    shop = await TestCluster.start({ groups: GROUPS, env: ENV });
  }, 120_000);
  afterAll(() => shop?.stop(), 30_000);

  beforeEach(async () => {
    crowd = await new Crowd([shop.url(0), shop.url(1)], { buyers: 5, pause: 500 }).open();
    walk = await Walk.prepare(shop);
    crowd.start();
    walk.start();
    await walk.wellSince(Date.now(), 60_000);
  }, 120_000);

  afterEach(async () => {
    await walk?.stop();
  });

  /** Well again, everything that was begun brought to its end, the books in order, and no process died of it. */
  async function recovers(back: number): Promise<void> {
    const took = await walk.wellSince(back, 30_000);
    await walk.stop();
    await crowd.stop();
    expect(walk.wrong).toEqual([]);
    expect(took).toBeLessThan(WELL_WITHIN);
    await atRest();
    const report = await crowd.repeat();
    expect(report.failed).toEqual([]);
    expect(report.replies["500"]).toBeUndefined();
    expect(shop.cluster.workers.filter(({ restarts }) => restarts).map(({ name }) => name)).toEqual([]);
  }

  /** Nothing is on its way, and the books of all services agree. */
  async function atRest(): Promise<void> {
    const { broker, stop } = testBroker({ env: { NATS_URL: shop.nats.url, NAMESPACE: "" } });
    await broker.start();
    try {
      await broker.waitForServices(["audit", "orders"], 10_000);
      const moving = async () => {
        const states: string[] = [];
        for (let after: string | null = ""; after !== null;) {
          const page: { rows: { state: string }[]; next: string | null } = await broker.call(
            "orders.changes",
            { after },
            { timeout: 20_000 },
          );
          states.push(...page.rows.map(({ state }) => state));
          after = page.next;
        }
        return states.filter((state) => ["reserving", "closing", "paid", "refunding"].includes(state));
      };
      for (const end = Date.now() + AT_REST_WITHIN; (await moving()).length; await sleep(500))
        if (Date.now() > end) throw new Error(`still on their way: ${await moving()}`);
      const { faults } = await broker.call<{ faults: object[] }, object>(
        "audit.run",
        {},
        { timeout: 30_000, retries: 3 },
      );
      expect(faults).toEqual([]);
    } finally {
      await stop();
    }
  }

  test("NATS is killed, and started again", async () => {
    await shop.nats.kill();
    await sleep(6000);
    await shop.nats.start();
    await recovers(Date.now());
    expect(walk.patience).toContain("reserve");
  }, 120_000);

  test("NATS comes back with nothing: streams, consumers and facts are gone", async () => {
    await shop.nats.kill();
    shop.nats.wipe();
    await shop.nats.start();
    await recovers(Date.now());
  }, 120_000);

  test("Redis is killed, started again, and flushed", async () => {
    await shop.redis.kill();
    await sleep(4000);
    await shop.redis.start();
    const redis = new Redis(shop.redis.url);
    await redis.flushall();
    redis.disconnect();
    await recovers(Date.now());
  }, 120_000);

  test("MongoDB hangs for 20 s", async () => {
    shop.mongo.pause();
    await sleep(20_000);
    shop.mongo.resume();
    await recovers(Date.now());
    expect(walk.patience).toEqual(
      expect.arrayContaining(["item", "me", "order", "pay", "reserve", "signin", "webhook"]),
    );
  }, 120_000);

  test("MongoDB is stopped, and started again", async () => {
    await shop.mongo.stop();
    await sleep(5000);
    await shop.mongo.start();
    await served(shop.mongo.url);
    await recovers(Date.now());
    expect(walk.patience).toEqual(
      expect.arrayContaining(["item", "me", "order", "pay", "reserve", "signin", "webhook"]),
    );
  }, 120_000);
});

/** Resolves when the database answers: it takes connections before it has opened its files. */
async function served(url: string): Promise<void> {
  const { default: mongoose } = await import("mongoose");
  const options = { dbName: "holdfast", serverSelectionTimeoutMS: 1000, socketTimeoutMS: 5000 };
  for (;;) {
    const connection = mongoose.createConnection(url, options);
    try {
      await connection.asPromise();
      await connection.collection("units").countDocuments();
      return;
    } catch {
      await sleep(100);
    } finally {
      await connection.close();
    }
  }
}
