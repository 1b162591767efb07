import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceSchema } from "moleculer";
import type { Envelope } from "../core/facts.ts";
import { dueKey, type Versioned } from "../core/store.ts";
import { Bus } from "../mixins/bus/bus.ts";
import type { Collection } from "../mixins/db/collection.ts";
import items from "../services/items/items.service.ts";
import orders from "../services/orders/orders.service.ts";
import payments from "../services/payments/payments.service.ts";
import { testBroker, type TestBroker } from "./broker.ts";

/** One fact of each owner, in a document as a process leaves it that dies between writing and telling. */
const UNTOLD: Record<string, { type: string; doc: object; data: Record<string, unknown> }> = {
  orders: {
    type: "order.fulfilled",
    doc: { state: "fulfilled", lines: [], seller: { id: "s", name: "S" }, history: [] },
    data: { id: "left", seller: "s", items: [] },
  },
  payments: {
    type: "payment.succeeded",
    doc: { state: "succeeded", attempt: 1, intent: "pi_left", params: { amount: 100, currency: "eur" }, createdAt: 0 },
    data: { order: "left" },
  },
  items: { type: "item.retired", doc: { state: "retired", files: [], title: "Left" }, data: { id: "left" } },
};

/** R1 and R7: what a document says has happened is told, even if its process died before it could. */
describe("facts that were written and not told", () => {
  const heard: Envelope[] = [];
  let world: TestBroker;

  beforeAll(async () => {
    const listen = { mode: "group", from: "all", handler: async (fact: Envelope) => void heard.push(fact) };
    const subscriptions = Object.fromEntries(Object.values(UNTOLD).map(({ type }) => [type, listen]));
    const ear = { name: "ear", mixins: [Bus()], subscriptions } as unknown as ServiceSchema;
    world = testBroker({ services: [items, orders, payments, ear] });
    await world.broker.start();
  });
  afterAll(() => world.stop());

  test.each(Object.keys(UNTOLD))("%s", async (owner) => {
    const { type, doc, data } = UNTOLD[owner]!;
    const { db, sweep } = world.broker.getLocalService(owner) as unknown as {
      db: Collection<Versioned>;
      sweep(): Promise<void>;
    };
    const fact: Envelope = { id: `${type}:left:2:0`, type, schema: 1, at: 0, v: 2, data };
    await db.insert({ _id: "left", v: 2, ...doc, outbox: [fact], due: dueKey(0, "left") });
    await sweep();
    const told = async () => {
      const { outbox, due } = (await db.get("left"))!;
      return { heard: heard.filter(({ id }) => id === fact.id).map(({ data: said }) => said), outbox, due };
    };
    for (const end = Date.now() + 5000; Date.now() < end; await sleep(20))
      if ((await told()).heard.length && !(await told()).due) break;
    expect(await told()).toEqual({ heard: [data], outbox: undefined, due: undefined });
  });
});
