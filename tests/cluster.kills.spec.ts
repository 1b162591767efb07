import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import type { Worker } from "../cluster/worker.ts";
import { Crowd } from "./crowd.ts";
import { audit, inCluster, ordersOf } from "./in-cluster.ts";
import { Provider } from "./provider.ts";

const KILLING = process.env["CI"] ? 60_000 : 180_000;
const KILL_EVERY = 3000;
const BUYERS = 50;
/** Whoever paid has the goods by then, and every other hold has lapsed, ms. */
const QUIET = 30_000;
const HOLD_SECONDS = 90;
/** Where an order stays; `reserved` only until its deadline. */
const ENDS = ["fulfilled", "expired", "cancelled", "rejected", "refunded"];

inCluster("a cluster whose processes are killed", { env: { HOLD_SECONDS: String(HOLD_SECONDS) } }, (shop) => {
  test("one that is dead costs nobody a wait: calls go to the other at once", async () => {
    const buyer = await shop().visitor().signUp("Buya");
    const [first, second] = shop().cluster.of("orders") as [Worker, Worker];
    for (const victim of [first, second]) {
      victim.kill();
      const asked = Array.from({ length: 12 }, () => buyer.get("/api/orders"));
      // Were it not known that it is gone, half of the calls would wait for 3 s, and be told to try again.
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200));
      await victim.answers();
    }
  }, 120_000);

  test("without both of a service the gateway asks for patience, and a purchase goes on where it was", async () => {
    const seller = await shop().visitor().signUp("Sella");
    const buyer = await shop().visitor().signUp("Buya");
    const item = await seller.sell({ stock: 2 });
    const order = await buyer.ok(buyer.reserve(item.id));
    const payment = await buyer.ok(buyer.post(`/api/orders/${order.id}/pay`));
    const both = shop().cluster.of("orders");
    await Promise.all(both.map((worker) => worker.stop()));
    expect((await buyer.confirm(payment)).body.status).toBe("succeeded");
    const away = await buyer.get(`/api/orders/${order.id}`);
    expect([away.status, away.body.type]).toEqual([503, "TRY_AGAIN"]);
    expect(Number(away.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await fetch(`${shop().url(0)}/ready`)).status).toBe(200);
    for (const worker of both) worker.start();
    await Promise.all(both.map((worker) => worker.answers()));
    await buyer.reaches(order.id, ["fulfilled"], 30_000);
  }, 120_000);

  test(
    `kill -9 of each in turn, one every ${KILL_EVERY / 1000} s, under ${BUYERS} buyers: nothing is lost, nothing is doubled`,
    async () => {
      const { workers } = shop().cluster;
      const crowd = await new Crowd(shop().urls, { buyers: BUYERS }).open();
      crowd.start();
      // The first of every service, then the second of every service.
      const victims = workers.toSorted((a, b) => Number(a.name.endsWith("-2")) - Number(b.name.endsWith("-2")));
      const killed = new Set<string>();
      const end = Date.now() + KILLING;
      try {
        for (let n = 0; Date.now() < end; n++) {
          await sleep(KILL_EVERY);
          const victim = victims[n % victims.length]!;
          victim.kill();
          killed.add(victim.services);
        }
      } finally {
        await crowd.stop();
      }
      expect(killed).toEqual(new Set(workers.map(({ services }) => services)));
      expect(crowd.report().fulfilled).toBeGreaterThan(0);

      await sleep(QUIET);
      await shop().cluster.ready();
      expect((await crowd.repeat()).failed).toEqual([]);
      const orders = await ordersOf(shop());
      const moving = orders.filter(
        ({ state, expiresAt }) => !ENDS.includes(state) && !(state === "reserved" && expiresAt > Date.now() - 2000),
      );
      expect(moving.map(({ _id, state }) => [_id, state])).toEqual([]);
      expect((await audit(shop())).faults).toEqual([]);

      const intents = await new Provider(shop().url(0)).intents();
      const charged = intents.filter(({ status }) => status === "succeeded").map(({ metadata }) => metadata["order"]);
      const sold = orders.filter(({ state }) => state === "fulfilled" || state === "refunded").map(({ _id }) => _id);
      expect(charged.toSorted()).toEqual(sold.toSorted());
    },
    KILLING + 240_000,
  );
});
