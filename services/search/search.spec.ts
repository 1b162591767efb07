import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { systemRuntime, type Runtime } from "../../core/runtime.ts";
import { describeWith, onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { until } from "../../tests/bus.ts";
import { person } from "../../tests/people.ts";
import { nats } from "../../tests/servers.ts";
import auth from "../auth/auth.service.ts";
import sessions from "../auth/sessions.service.ts";
import inventory from "../inventory/inventory.service.ts";
import reservations from "../inventory/reservations.service.ts";
import uses from "../inventory/uses.service.ts";
import type { Item } from "../items/items.contract.ts";
import items from "../items/items.service.ts";
import waitlist from "../waitlist/waitlist.service.ts";
import search from "./search.service.ts";

const SERVICES = [auth, sessions, inventory, reservations, uses, items, waitlist];

/** What runs every few minutes runs when a test says so. */
function patientRuntime(): { runtime: Runtime; minutesLater(): void } {
  const repeated: (() => void)[] = [];
  const system = systemRuntime();
  const every: Runtime["every"] = (ms, run) => {
    if (ms < 60_000) return system.every(ms, run);
    repeated.push(run);
    return { cancel: () => undefined };
  };
  return { runtime: { ...system, every }, minutesLater: () => repeated.forEach((run) => run()) };
}

onBothStores("search", (env) => {
  const { runtime, minutesLater } = patientRuntime();
  let shop: TestBroker;
  let sue: { meta: object };
  const call = <T>(name: string, params: object, who: object = sue) =>
    shop.broker.call<T, object>(name, params, { ...who, timeout: 20_000 });
  const find = (params: object) =>
    call<{ ids: string[]; total: number; facets: { available: number } }>("search.find", params);
  const finds = (params: object, ...ids: string[]) =>
    until(async () => (await find(params)).ids.toSorted().join() === ids.toSorted().join());
  const offer = async (title: string, over: object = {}) => {
    const draft = {
      title,
      description: "",
      price: { amount: 500, currency: "eur" },
      kind: "edition",
      stock: 1,
      ...over,
    };
    return (await call<Item>("items.publish", { id: (await call<Item>("items.create", draft)).id })).id;
  };

  beforeAll(async () => {
    shop = testBroker({ env, runtime, services: [...SERVICES, search] });
    await shop.broker.start();
    const account = { email: "sue@example.com", name: "Sue", password: "a long password" };
    sue = person((await call<{ id: string }>("auth.ensure", account, {})).id);
  });
  afterAll(() => shop.stop());

  test("what is published is found, under its new name when it has one, and no longer when it is retired", async () => {
    const id = await offer("Copper Lantern");
    await call("items.create", {
      title: "Lantern Draft",
      description: "",
      price: { amount: 500, currency: "eur" },
      kind: "unique",
    });
    await finds({ q: "lantern" }, id);
    await call("items.update", { id, title: "Copper Kettle" });
    await finds({ q: "kettle" }, id);
    await finds({ q: "lantern" });
    await call("items.retire", { id });
    await finds({ q: "kettle" });
  });

  test("it knows what can be bought when copies are held, and given back", async () => {
    const id = await offer("Marble");
    const line = { id: "1", item: id, kind: "edition", quantity: 1, perBuyer: null };
    const order = { order: "o-1", buyer: "b", until: Date.now() + 60_000, lines: [line] };
    await finds({ q: "marble", available: true }, id);
    await call("inventory.reserve", order);
    await finds({ q: "marble", available: false }, id);
    expect(await find({ q: "marble", available: true })).toMatchObject({ total: 0, facets: { available: 0 } });
    await call("inventory.release", { order: "o-1" });
    await finds({ q: "marble", available: true }, id);
  });

  test("a fact and a hint that got lost are made good when all is read again", async () => {
    const [renamed, sold] = [await offer("Quartz"), await offer("Basalt")];
    await finds({ q: "quartz" }, renamed);
    await finds({ q: "basalt", available: true }, sold);
    const { db } = shop.broker.getLocalService("items") as unknown as {
      db: { claim(q: object, u: object): Promise<object> };
    };
    await db.claim({ _id: renamed }, { $set: { title: "Obsidian" }, $inc: { v: 1 } });
    const { db: units } = shop.broker.getLocalService("inventory") as unknown as { db: typeof db };
    await units.claim({ _id: `${sold}:1` }, { $set: { state: "sold" }, $unset: { free: true } });
    minutesLater();
    await finds({ q: "obsidian" }, renamed);
    await finds({ q: "basalt", available: false }, sold);
  });

  test("a replica that starts before it can read the items waits for them, and so does who asks it", async () => {
    const { broker } = shop;
    const id = await offer("Granite", { stock: 2 });
    await finds({ q: "granite" }, id);
    for (const name of ["search", "items"]) await broker.destroyService(broker.getLocalService(name));
    broker.createService(search);
    await broker.waitForServices("search");
    const asked = find({ q: "granite", available: true });
    broker.createService(items);
    expect((await asked).ids).toEqual([id]);
  });
});

describeWith(nats, "search in two processes", (server) => {
  test("each has an index of its own: of what was there before, and of what comes and goes", async () => {
    const NATS_URL = server().url;
    const first = testBroker({ env: { NATS_URL }, services: [...SERVICES, search] });
    const second = testBroker({ env: { NATS_URL, NAMESPACE: first.config.NAMESPACE }, services: [search] });
    try {
      await first.broker.start();
      const { broker } = first;
      const account = { email: "sue@example.com", name: "Sue", password: "a long password" };
      const sue = person((await broker.call<{ id: string }, object>("auth.ensure", account)).id);
      const draft = { description: "", price: { amount: 500, currency: "eur" }, kind: "unique" };
      const offer = async (title: string) => {
        const { id } = await broker.call<Item, object>("items.create", { ...draft, title }, sue);
        return (await broker.call<Item, object>("items.publish", { id }, sue)).id;
      };
      const find = (nodeID: string, params: object) =>
        broker.call<{ ids: string[] }, object>("search.find", params, { nodeID }).then(({ ids }) => ids.join());
      const before = await offer("Marble Bowl");
      await second.broker.start();
      for (const { nodeID } of [broker, second.broker]) {
        await until(async () => (await find(nodeID, { q: "bowl" }).catch(() => "")) === before);
      }
      const after = await offer("Marble Vase");
      const line = { id: "1", item: before, kind: "unique", quantity: 1, perBuyer: null };
      const order = { order: "o-1", buyer: "b", until: Date.now() + 60_000, lines: [line] };
      await broker.call("inventory.reserve", order);
      for (const { nodeID } of [broker, second.broker]) {
        await until(async () => (await find(nodeID, { q: "marble", available: true })) === after);
        await until(async () => (await find(nodeID, { q: "marble", available: false })) === before);
      }
    } finally {
      await second.stop();
      await first.stop();
    }
  }, 60_000);
});
