import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import type { Envelope } from "../core/facts.ts";
import { Bus, type BusHandle } from "../mixins/bus/bus.ts";
import type { Collection, Doc } from "../mixins/db/collection.ts";
import { Db } from "../mixins/db/db.ts";
import { Queue, type Job, type QueueHandle } from "../mixins/queue/queue.ts";
import { describeWith, testBroker, type TestBroker } from "./broker.ts";
import { fact, listener, noting, until } from "./bus.ts";
import { BusWorld } from "./bus.world.ts";
import { mongo, nats, redis } from "./servers.ts";

interface Thing extends Doc {
  of: string;
}
interface Keeper {
  db: Collection<Thing>;
  bus: BusHandle;
  queue: QueueHandle<{ send: { of: string } }>;
}

/** What a shop heard, and of which it was. */
interface Heard {
  facts: unknown[];
  hints: unknown[];
  jobs: string[];
}

const keeper = (heard: Heard, broken: boolean): ServiceSchema =>
  ({
    name: "keeper",
    mixins: [
      Db<Thing>({
        name: "things",
        schema: Type.Object({ of: Type.String() }),
        indexes: [{ field: "of", unique: true }],
      }),
      Bus({ backoff: [10] }),
      Queue<{ send: { of: string } }>({
        send: async ({ data }: Job<{ of: string }>) => void heard.jobs.push(data.of),
      }),
    ],
    actions: { who: { handler: () => heard } },
    events: { "stock.changed": (ctx: { params: unknown }) => void heard.hints.push(ctx.params) },
    subscriptions: {
      "order.paid": {
        mode: "group",
        handler: async ({ data }: Envelope) => {
          heard.facts.push(data);
          if (broken) throw new Error("broken here");
        },
      },
    },
  }) as unknown as ServiceSchema;

describeWith(nats, "on one NATS", (natsServer) => {
  describeWith(redis, "one Redis", (redisServer) => {
    describeWith(mongo, "and one database", (mongoServer) => {
      let home: TestBroker;
      let shops: TestBroker[];
      beforeEach(() => {
        home = testBroker({ env: { MONGO_URL: mongoServer().url } });
        shops = [];
      });
      afterEach(async () => {
        for (const shop of shops) await shop.stop();
        await home.stop();
      });

      async function open(NAMESPACE: string, broken = false) {
        const heard: Heard = { facts: [], hints: [], jobs: [] };
        const urls = { NATS_URL: natsServer().url, REDIS_URL: redisServer().url, MONGO_URL: mongoServer().url };
        // The same folder is the same database.
        const env = { ...urls, NAMESPACE, LOGLEVEL: "fatal" };
        const shop = testBroker({ env, dir: home.dir, services: [keeper(heard, broken)] });
        shops.push(shop);
        await shop.broker.start();
        return { heard, broker: shop.broker, keeper: shop.broker.getLocalService("keeper") as unknown as Keeper };
      }

      test("two shops by NAMESPACE see nothing of each other: nodes, hints, facts, dead letters, timers, documents", async () => {
        const [name, other] = [home.config.NAMESPACE, `${home.config.NAMESPACE}-2`];
        const [one, two] = [await open(name!, true), await open(other)];
        await one.broker.broadcast("stock.changed", { of: "one" });
        await two.broker.broadcast("stock.changed", { of: "two" });
        await one.keeper.bus.publish([{ ...fact("a"), data: { of: "one" } }]);
        // The same id, at the same time: in another shop it is another fact, another job, another document.
        await two.keeper.bus.publish([{ ...fact("a"), data: { of: "two" } }]);
        for (const [shop, of] of [
          [one, "one"],
          [two, "two"],
        ] as const) {
          expect(await shop.keeper.db.insert({ _id: "a", of: "taken" })).toBe(true);
          await shop.keeper.queue.add("send", { of }, { id: "a", at: Date.now() + 300 });
        }
        await until(() => one.heard.jobs.length && two.heard.jobs.length && two.heard.facts.length);
        await until(async () => (await one.keeper.bus.dead.list()).length === 1);

        expect(one.heard).toEqual({ facts: [{ of: "one" }, { of: "one" }], hints: [{ of: "one" }], jobs: ["one"] });
        expect(two.heard).toEqual({ facts: [{ of: "two" }], hints: [{ of: "two" }], jobs: ["two"] });
        expect(await two.keeper.bus.dead.list()).toEqual([]);
        await one.keeper.db.remove({ _id: "a" });
        expect(await two.keeper.db.get("a")).toEqual({ _id: "a", of: "taken" });
        for (const { broker } of [one, two])
          expect(broker.registry.nodes.list({ onlyAvailable: true })).toHaveLength(1);
      }, 30_000);
    });
  });
});

describeWith(nats, "a poisoned fact", (server) => {
  let world: BusWorld;
  beforeEach(() => {
    world = new BusWorld({ NATS_URL: server().url });
  });
  afterEach(() => world.close());

  test("ends as a dead letter after its tries while others flow; replay from elsewhere cures it after the fix", async () => {
    const poison = fact("poison").id;
    const tried: string[] = [];
    const handler = async ({ id }: Envelope) => {
      tried.push(id);
      if (id === poison) throw Object.assign(new Error("cannot read 'total'"), { type: "BAD_FACT" });
    };
    const other = noting();
    const broken = () => listener("mail", { "order.paid": { handler } }, { backoff: [20, 40, 80] });
    const [first, second] = [await world.start(broken()), await world.start(broken())];
    await world.start(listener("ledger", other.subscriptions));
    const operator = await world.start(listener("ops"));
    const healthy = Array.from({ length: 50 }, (_, n) => fact(`ok${n}`));
    await operator.publish([...healthy.slice(0, 25), fact("poison"), ...healthy.slice(25)]);
    await until(async () => (await operator.dead.list()).length > 0);
    expect(tried.filter((id) => id === poison)).toHaveLength(4);
    await until(() => new Set(tried).size === 51 && other.got.length === 51);
    const [letter, ...more] = await operator.dead.list();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({
      group: "mail",
      fact: fact("poison"),
      error: { type: "BAD_FACT", message: "cannot read 'total'" },
      attempts: 4,
    });

    // Before the fix it comes back as another letter, and is not lost.
    await operator.dead.replay(letter!.id);
    await until(async () => (await operator.dead.list()).some(({ id }) => id !== letter!.id));
    await first.stop();
    await second.stop();
    const fixed = noting();
    await world.start(listener("mail", fixed.subscriptions));
    const [again] = await operator.dead.list();
    await operator.dead.replay(again!.id);
    await until(() => fixed.got.length);
    expect(fixed.got).toEqual([poison]);
    expect(await operator.dead.list()).toEqual([]);
    expect(other.got).toHaveLength(51);
  }, 30_000);
});
