import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { systemRuntime } from "../../core/runtime.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import type { Ops } from "../../core/contract.ts";
import type { Cluster } from "../define.ts";
import type { Static } from "typebox";
import inventory from "./inventory.service.ts";
import reservations from "./reservations.service.ts";
import uses from "./uses.service.ts";
import waitlist from "../waitlist/waitlist.service.ts";

type Name = "reserve" | "release" | "sell" | "retire" | "provision" | "addKeys" | "stock" | "reveal" | "changes";
type Op<N extends Name> = Ops<Cluster>[`inventory.${N}`];

onBothStores("inventory", (env) => {
  let shop: TestBroker;
  const call = <N extends Name>(name: N, params: Static<Op<N>["params"]>) =>
    shop.broker.call(`inventory.${name}`, params, { timeout: 30_000 }) as Promise<Static<Op<N>["returns"]>>;
  let names = 0;
  const fresh = (kind: string) => `${kind}${++names}`;
  const line = (item: string, quantity = 1, kind = "edition", perBuyer: number | null = null, id = "1") =>
    ({ id, item, quantity, kind, perBuyer }) as never;
  const reserve = (order: string, lines: never[], { buyer = "bob", until = Date.now() + 60_000 } = {}) =>
    call("reserve", { order, buyer, until, lines });
  const stockOf = async (item: string) => (await call("stock", { items: [item] }))[0]!.stock;
  const edition = async (copies: number) => {
    const item = fresh("item");
    await call("provision", { item, total: copies });
    return item;
  };

  beforeAll(async () => {
    shop = testBroker({ env, services: [inventory, reservations, uses, waitlist] });
    await shop.broker.start();
  });
  afterAll(() => shop.stop());

  test("ten times as many buyers at once as there are copies: as many holds, with distinct serials; the rest is sold out", async () => {
    // The stand-in for MongoDB scans where a real one uses its indexes, so it gets a smaller crowd.
    const copies = shop.config.MONGO_URL ? 10 : 50;
    const item = await edition(copies);
    const verdicts = await Promise.all(
      Array.from({ length: copies * 10 }, (_, n) => reserve(`${item}-o${n}`, [line(item)])),
    );
    const held = verdicts.flatMap(({ state }, n) => (state === "held" ? [`${item}-o${n}`] : []));
    expect(held).toHaveLength(copies);
    const refused = verdicts.filter(({ state }) => state === "refused");
    expect(refused).toHaveLength(copies * 9);
    expect(refused[0]).toMatchObject({
      refusal: { type: "SOLD_OUT", data: { itemId: item, available: 0, held: copies } },
    });
    const sold = await Promise.all(held.map((order) => call("sell", { order })));
    expect(sold.every(({ state }) => state === "sold")).toBe(true);
    const serials = sold.flatMap(({ units }) => units.map(({ serial }) => serial!)).toSorted((a, b) => a - b);
    expect(serials).toEqual(Array.from({ length: copies }, (_, n) => n + 1));
    expect(await stockOf(item)).toEqual({ total: copies, available: 0, held: 0, sold: copies });
  });

  test("lines in every order racing for the same items: all or nothing, nothing left held by a refused order", async () => {
    const [a, b] = [await edition(5), await edition(5)];
    const orders = Array.from({ length: 24 }, (_, n) => `${a}-race${n}`);
    const verdicts = await Promise.all(
      orders.map((order, n) =>
        reserve(
          order,
          n % 2
            ? [line(a, 2, "edition", null, "1"), line(b, 1, "edition", null, "2")]
            : [line(b, 2, "edition", null, "1"), line(a, 1, "edition", null, "2")],
        ),
      ),
    );
    const winners = orders.filter((_, n) => verdicts[n]!.state === "held");
    expect(winners.length).toBeGreaterThan(0);
    const held = (item: string) =>
      winners.reduce(
        (sum, order) => sum + ((Number(order.slice(`${a}-race`.length)) % 2 === 1) === (item === a) ? 2 : 1),
        0,
      );
    expect((await stockOf(a)).held).toBe(held(a));
    expect((await stockOf(b)).held).toBe(held(b));
    for (const order of orders) await call("release", { order });
    expect(await stockOf(a)).toEqual({ total: 5, available: 5, held: 0, sold: 0 });
    expect(await stockOf(b)).toEqual({ total: 5, available: 5, held: 0, sold: 0 });
  });

  test("the same order reserved many times at once holds its places once", async () => {
    const item = await edition(10);
    const order = `${item}-twin`;
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => reserve(order, [line(item, 3)])));
    expect(verdicts.every(({ state }) => state === "held")).toBe(true);
    expect((await stockOf(item)).held).toBe(3);
  });

  test("a release before, between and after the reserve leaves nothing held", async () => {
    const item = await edition(3);
    await call("release", { order: `${item}-early` });
    expect(await reserve(`${item}-early`, [line(item)])).toEqual({ state: "released" });
    await Promise.all([
      reserve(`${item}-mid`, [line(item, 3)]),
      call("release", { order: `${item}-mid` }),
      call("release", { order: `${item}-mid` }),
    ]);
    await call("release", { order: `${item}-mid` });
    expect(await stockOf(item)).toEqual({ total: 3, available: 3, held: 0, sold: 0 });
  });

  test("a sold copy is not released, and a refunded one is retired", async () => {
    const item = await edition(2);
    const order = `${item}-sold`;
    await reserve(order, [line(item)]);
    await call("sell", { order });
    await call("release", { order });
    expect(await stockOf(item)).toEqual({ total: 2, available: 1, held: 0, sold: 1 });
    await call("retire", { order });
    expect(await stockOf(item)).toEqual({ total: 1, available: 1, held: 0, sold: 0 });
  });

  test("two orders at once do not pass a limit of one per buyer; a release gives the use back", async () => {
    const item = await edition(5);
    const both = await Promise.all(
      [0, 1].map((n) => reserve(`${item}-l${n}`, [line(item, 1, "edition", 1)], { buyer: "ann" })),
    );
    expect(both.map(({ state }) => state).toSorted()).toEqual(["held", "refused"]);
    expect(both.find(({ state }) => state === "refused")).toMatchObject({
      refusal: { type: "LIMIT_REACHED", data: { itemId: item, limit: 1 } },
    });
    expect((await reserve(`${item}-l2`, [line(item, 1, "edition", 1)], { buyer: "eve" })).state).toBe("held");
    for (const n of [0, 1]) await call("release", { order: `${item}-l${n}` });
    expect((await reserve(`${item}-l3`, [line(item, 1, "edition", 1)], { buyer: "ann" })).state).toBe("held");
    expect((await stockOf(item)).held).toBe(2);
  });

  test("licence keys: a second import is the same write, secrets stay inside, only sold ones are revealed", async () => {
    const item = fresh("keys");
    expect(await call("addKeys", { item, keys: ["K-1", "K-2", "K-2"] })).toEqual({ added: 2, duplicates: 1 });
    expect(await call("addKeys", { item, keys: ["K-2", "K-3"] })).toEqual({ added: 1, duplicates: 1 });
    const order = `${item}-k`;
    await reserve(order, [line(item, 2, "keys")]);
    const slots = [`${order}:1:0`, `${order}:1:1`];
    expect(await call("reveal", { slots })).toEqual([]);
    const { units } = await call("sell", { order });
    expect(units.map(({ serial }) => serial)).toEqual([null, null]);
    const revealed = (await call("reveal", { slots })).map(({ key }) => key);
    expect(new Set(revealed).size).toBe(2);
    expect(["K-1", "K-2", "K-3"]).toEqual(expect.arrayContaining(revealed));
    const { rows } = await call("changes", { limit: 5000 });
    expect(JSON.stringify(rows)).not.toMatch(/K-[123]|secret/);
  });

  test("growing adds serials after the highest; withdrawing takes free copies only", async () => {
    const item = await edition(3);
    await reserve(`${item}-w`, [line(item)]);
    expect(await call("provision", { item, total: 1 })).toEqual({ total: 1, available: 0, held: 1, sold: 0 });
    expect(await call("provision", { item, total: 0 })).toEqual({ total: 1, available: 0, held: 1, sold: 0 });
    expect(await call("provision", { item, total: 3 })).toEqual({ total: 3, available: 2, held: 1, sold: 0 });
    const { units } = await (await reserve(`${item}-w2`, [line(item, 2)]), call("sell", { order: `${item}-w2` }));
    expect(units.map(({ serial }) => serial)).toEqual([4, 5]);
  });

  test("nextAt is when the next hold lapses", async () => {
    const item = await edition(3);
    const soon = Date.now() + 30_000;
    await reserve(`${item}-n1`, [line(item)], { until: soon + 5000 });
    await reserve(`${item}-n2`, [line(item)], { until: soon });
    expect((await call("stock", { items: [item] }))[0]!.nextAt).toBe(soon);
  });
});

onBothStores("inventory's net", (env) => {
  let clock = Date.now();
  let shop: TestBroker;
  beforeAll(async () => {
    shop = testBroker({
      env,
      services: [inventory, reservations, uses, waitlist],
      runtime: { ...systemRuntime(), now: () => clock },
    });
    await shop.broker.start();
  });
  afterAll(() => shop.stop());

  test("a unit held for a reservation that is no owner is freed by the sweeper", async () => {
    const { broker } = shop;
    await broker.call("inventory.provision", { item: "lost", total: 1 });
    // What a claimer leaves that was paused before its claim and died after it: a held unit, a released reservation.
    await broker.call("inventory.release", { order: "gone" });
    const service = broker.getLocalService("inventory") as unknown as {
      db: { claim(q: object, u: object): Promise<unknown> };
      sweep(): Promise<void>;
    };
    const due = `${String(clock).padStart(15, "0")}:lost:1`;
    await service.db.claim(
      { _id: "lost:1" },
      {
        $set: { state: "held", slot: "gone:1:0", order: "gone", held: `lost:${clock}:lost:1`, due },
        $unset: { free: true },
      },
    );
    clock += 10_000;
    await service.sweep();
    expect(await broker.call("inventory.stock", { items: ["lost"] })).toMatchObject([
      { stock: { available: 1, held: 0 } },
    ]);
  });
});
