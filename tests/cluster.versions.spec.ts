import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import type { Envelope } from "../core/facts.ts";
import { contract, serviceDefiner } from "../core/contract.ts";
import { fieldsOf, type Versioned } from "../core/store.ts";
import { Bus } from "../mixins/bus/bus.ts";
import type { Collection } from "../mixins/db/collection.ts";
import { Db } from "../mixins/db/db.ts";
import { Outbox, type OutboxStore } from "../mixins/outbox.ts";
import { describeWith, onBothStores, testBroker, type TestBroker } from "./broker.ts";
import { fact, listener, until } from "./bus.ts";
import { BusWorld } from "./bus.world.ts";
import { nats } from "./servers.ts";

/** Of one version a thing has a name; of the next it has a colour too, and its name may be missing. */
const Older = Type.Object({ id: Type.String(), name: Type.Optional(Type.String()) });
const Newer = Type.Object({ ...Older.properties, colour: Type.Optional(Type.String()) });

const things = (schema: typeof Older | typeof Newer, heard: unknown[]): ServiceSchema => {
  const things = contract({ name: "things", actions: { get: { params: schema, returns: schema } } });
  return serviceDefiner<{ things: typeof things }>()(things)({
    actions: {
      async get(ctx) {
        heard.push(ctx.params);
        return { ...ctx.params, ...(schema === Newer && { colour: "red" }) };
      },
    },
  });
};

describeWith(nats, "two versions beside each other: calls", (server) => {
  let worlds: TestBroker[];
  beforeEach(() => {
    worlds = [];
  });
  afterEach(async () => {
    for (const world of worlds.toReversed()) await world.stop();
  });

  async function pair(service: ServiceSchema) {
    const env = { NATS_URL: server().url, LOGLEVEL: "fatal" };
    const callee = testBroker({ env, services: [service] });
    const caller = testBroker({ env: { ...env, NAMESPACE: callee.config.NAMESPACE } });
    worlds.push(callee, caller);
    await Promise.all([callee.broker.start(), caller.broker.start()]);
    await caller.broker.waitForServices("things", 5000);
    return (params: object) => caller.broker.call("things.get", params);
  }

  test("the older one drops a parameter that it does not know", async () => {
    const heard: unknown[] = [];
    const get = await pair(things(Older, heard));
    expect(await get({ id: "a", name: "A", colour: "blue" })).toEqual({ id: "a", name: "A" });
    expect(heard).toEqual([{ id: "a", name: "A" }]);
  });

  test("the newer one does without a parameter that the older one does not send, and answers with more", async () => {
    const heard: unknown[] = [];
    const get = await pair(things(Newer, heard));
    expect(await get({ id: "a" })).toEqual({ id: "a", colour: "red" });
    expect(heard).toEqual([{ id: "a" }]);
  });
});

describe.each([["in the log", false] as const, ["on JetStream", true] as const])(
  "two versions: facts %s",
  (_, onNats) => {
    const body = (env: () => Record<string, string | undefined>) => {
      let world: BusWorld;
      beforeEach(() => {
        world = new BusWorld(env());
      });
      afterEach(() => world.close());

      test("a fact with more fields, or fewer, reaches the other version as it was published", async () => {
        const got: Envelope[] = [];
        const bus = await world.start(
          listener("mail", { "order.paid": { handler: async (one) => void got.push(one) } }),
        );
        const newer = { ...fact("a"), trace: "t", data: { id: "a", colour: "red", lines: [{ newer: true }] } };
        const older = { ...fact("b"), data: {} };
        await bus.publish([newer, older]);
        await until(() => got.length === 2);
        expect(got.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([newer, older]);
      });

      test("what is not JSON becomes JSON, on both sides alike", async () => {
        const got: Envelope[] = [];
        const bus = await world.start(
          listener("mail", { "order.paid": { handler: async (one) => void got.push(one) } }),
        );
        const data = { at: new Date(0), bytes: Buffer.from("hi"), none: undefined, set: new Set([1]) };
        await bus.publish([{ ...fact("a"), data }]);
        await until(() => got.length);
        expect(got[0]!.data).toStrictEqual(JSON.parse(JSON.stringify(data)));
      });
    };
    if (onNats) describeWith(nats, "with NATS", (server) => body(() => ({ NATS_URL: server().url })));
    else body(() => ({}));
  },
);

interface Thing extends Versioned {
  name?: string;
  colour?: string;
}
type ThingService = { db: Collection<Thing>; store: OutboxStore<Thing> };

const keeper = (fields: Record<string, true>): ServiceSchema => ({
  name: "keeper",
  mixins: [
    Db<Thing>({
      name: "things",
      schema: fieldsOf<Thing>({ _id: true, v: true, outbox: true, due: true, ...fields } as never),
      indexes: [{ field: "due", unique: true, sparse: true }],
    }),
    Bus(),
    Outbox<Thing>({ entity: "thing", due: () => null }),
  ],
});

onBothStores("two versions: documents", (env) => {
  const newer = () => keeper({ name: true, colour: true });
  const older = () => keeper({ name: true });
  let home: TestBroker;
  beforeEach(() => {
    home = testBroker({ env });
  });
  afterEach(() => home.stop());

  async function as<T>(service: ServiceSchema, work: (service: ThingService) => Promise<T>): Promise<T> {
    const world = testBroker({ env, dir: home.dir, services: [service] });
    await world.broker.start();
    try {
      return await work(world.broker.getLocalService("keeper") as unknown as ThingService);
    } finally {
      await world.stop();
    }
  }

  test("the older one reads what a newer one wrote, changes it, and leaves alone what it does not know", async () => {
    await as(newer(), async ({ store }) => {
      await store.insert({ _id: "a", name: "A", colour: "red" });
      await store.insert({ _id: "b", colour: "blue" });
    });
    await as(older(), async ({ db, store }) => {
      expect(await db.find({ _id: { $in: ["a", "b"] } }, { sort: "_id" })).toMatchObject([{ name: "A" }, { _id: "b" }]);
      await store.change("a", () => ({ set: { name: "AA" } }));
      await store.change("b", () => ({ set: { name: "B" }, facts: [{ type: "thing.named", data: { id: "b" } }] }));
      await expect(db.claim({ _id: "a" }, { $set: { colour: "green" } })).rejects.toThrow("unknown field colour");
      await expect(db.find({ colour: "red" })).rejects.toThrow("unknown field colour");
    });
    await as(newer(), async ({ db }) => {
      expect(await db.get("a")).toEqual({ _id: "a", v: 2, name: "AA", colour: "red" });
      expect(await db.get("b")).toMatchObject({ v: 2, name: "B", colour: "blue" });
    });
  });

  test("the newer one does without a field that the older one did not write", async () => {
    await as(older(), async ({ store }) => void (await store.insert({ _id: "a" })));
    await as(newer(), async ({ db, store }) => {
      expect(await db.get("a")).toEqual({ _id: "a", v: 1 });
      expect(await db.findOne({ colour: "red" })).toBeNull();
      expect(await store.change("a", () => ({ set: { colour: "red" } }))).toMatchObject({ v: 2, colour: "red" });
    });
  });
});
