import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { testBroker, type TestBroker } from "../tests/broker.ts";
import { Type } from "typebox";
import { cluster, defineService } from "../services/define.ts";
import { NoParams } from "../services/schemas.ts";
import { contract } from "./contract.ts";
import { typeOf } from "./errors.ts";
import { closed, judge } from "./validator.ts";

interface Published {
  actions: Record<string, { visibility: string }>;
}

describe("contracts at run time", () => {
  let shop: TestBroker;
  let heard: object | undefined;
  beforeAll(async () => {
    const uses = defineService(cluster.uses)({
      actions: {
        async look() {
          return { found: "own" };
        },
        async used() {
          return [];
        },
        async insert() {
          return true;
        },
        async remove(ctx) {
          heard = ctx.params;
          return 0;
        },
        async changes() {
          return { rows: [], next: null };
        },
      },
    });
    shop = testBroker({ services: [uses] });
    await shop.broker.start();
  });
  afterAll(() => shop.stop());

  test("between services unknown fields are dropped, and the caller's object stays as it is", async () => {
    const params = { slot: "a", newer: true };
    await shop.broker.call("uses.remove", params);
    expect(heard).toEqual({ slot: "a" });
    expect(params).toEqual({ slot: "a", newer: true });
  });

  test("what breaks a contract is refused with field and rule, and never reaches the service", async () => {
    heard = undefined;
    for (const params of [{}, { slot: { $ne: null } }, { slot: 7 }]) {
      const error = await shop.broker.call("uses.remove", params).catch((thrown: unknown) => thrown);
      expect(typeOf(error)).toBe("VALIDATION_ERROR");
      expect((error as { data: unknown }).data).toEqual([{ field: "slot", rule: expect.any(String) }]);
    }
    expect(heard).toBeUndefined();
  });

  test("an action without a route is not published", () => {
    const services = shop.broker.registry.getServiceList({ withActions: true, onlyLocal: true });
    const { actions } = services.find(({ name }) => name === "uses") as unknown as Published;
    expect(actions["uses.remove"]!.visibility).toBe("public");
  });

  test("a closed schema refuses unknown fields at every depth", () => {
    const check = judge(closed(cluster.orders.actions.create.params));
    expect(check({ lines: [{ itemId: "a", quantity: 1 }] })).toBeUndefined();
    expect(check({ lines: [{ itemId: "a", quantity: 1, price: 0 }] })).toContainEqual(
      expect.objectContaining({ field: "lines.0.price" }),
    );
  });
});

const counter = contract({
  name: "counter",
  actions: {
    run: { params: NoParams, returns: Type.Object({ faults: Type.Array(Type.String()), counted: Type.Object({}) }) },
  },
});

/** Never called: that each of these lines does not compile is what is tested here, by `tsc`. */
export function doesNotCompile(): void {
  // @ts-expect-error an action is missing
  defineService(cluster.api)({});
  // @ts-expect-error an action that the contract does not know
  defineService(counter)({ actions: { run: async () => ({ faults: [], counted: {} }), walk: async () => null } });
  // @ts-expect-error a wrong result
  defineService(counter)({ actions: { run: async () => ({ faults: "none", counted: {} }) } });
  defineService(counter)({
    actions: {
      async run(ctx) {
        // @ts-expect-error a misspelt action
        await ctx.call("inventory.relaese", { order: "o" });
        // @ts-expect-error a missing parameter
        await ctx.call("inventory.release", {});
        // @ts-expect-error a misspelt hint
        await this.broker.broadcast("stock.chnaged", { items: [] });
        // @ts-expect-error a wrong payload
        await this.broker.broadcast("stock.changed", { item: "a" });
        // @ts-expect-error nothing of that name on the service
        this.nothing();
        return { faults: [], counted: {} };
      },
    },
    subscriptions: {
      // @ts-expect-error a fact that nobody owns
      "order.piad": { mode: "group", handler: async () => {} },
      "order.paid": {
        mode: "group",
        async handler({ data }) {
          // @ts-expect-error a field that the fact does not have
          await Promise.resolve(data.email);
        },
      },
    },
  });
}
