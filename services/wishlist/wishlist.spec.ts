import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { orderedKey } from "../../core/store.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { person } from "../../tests/people.ts";
import { tickingRuntime } from "../../tests/ticking.ts";
import auth from "../auth/auth.service.ts";
import sessions from "../auth/sessions.service.ts";
import delivery from "../delivery/delivery.service.ts";
import inventory from "../inventory/inventory.service.ts";
import reservations from "../inventory/reservations.service.ts";
import uses from "../inventory/uses.service.ts";
import waitlist from "../waitlist/waitlist.service.ts";
import items from "../items/items.service.ts";
import type { Item } from "../items/items.contract.ts";
import { MAX_WISHES } from "./wishlist.contract.ts";
import wishlist from "./wishlist.service.ts";

const SERVICES = [auth, sessions, delivery, inventory, reservations, uses, waitlist, items, wishlist];
type Who = ReturnType<typeof person>;

onBothStores("wishlist", (env) => {
  let shop: TestBroker;
  let sue: Who;
  let bob: Who;
  const call = <T>(name: string, params: object, who: object) =>
    shop.broker.call<T, object>(name, params, { ...who, timeout: 20_000 });
  const made = async (name: string) => {
    const account = { email: `${name}-${runs}@example.com`, name, password: "a long password" };
    return person((await call<{ id: string }>("auth.ensure", account, {})).id);
  };
  let runs = 0;
  const draft = async () => {
    const given = { title: "A thing", description: "", price: { amount: 500, currency: "eur" }, kind: "unique" };
    return (await call<Item>("items.create", given, sue)).id;
  };
  const offer = async () => (await call<Item>("items.publish", { id: await draft() }, sue)).id;
  const add = (itemId: string, who = bob) => call<null>("wishlist.add", { itemId }, who);
  const remove = (itemId: string, who = bob) => call<null>("wishlist.remove", { itemId }, who);
  const wishes = async (params: object = {}, who = bob) => {
    const { rows, ...list } = await call<{ rows: Item[]; total: number }>("wishlist.list", params, who);
    return { ...list, ids: rows.map(({ id }) => id) };
  };
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error: unknown) => [typeOf(error), (error as { data?: unknown }).data],
    );

  beforeAll(async () => {
    shop = testBroker({ env, runtime: tickingRuntime(), services: SERVICES });
    await shop.broker.start();
  });
  afterAll(() => shop.stop());
  beforeEach(async () => {
    runs++;
    [sue, bob] = [await made("sue"), await made("bob")];
  });

  test("the last wish comes first, each once and to each their own; again changes nothing", async () => {
    const [first, second, third] = [await offer(), await offer(), await offer()];
    for (const id of [first, second, third, first]) expect(await add(id)).toBeNull();
    await add(second, sue);
    expect(await wishes()).toEqual({ ids: [third, second, first], total: 3, page: 1, pageSize: 20 });
    expect(await wishes({ page: 2, pageSize: 2 })).toMatchObject({ ids: [first], total: 3 });
    expect(await wishes({}, sue)).toMatchObject({ ids: [second] });
    for (const id of [second, second, "unknown"]) expect(await remove(id)).toBeNull();
    expect(await wishes()).toMatchObject({ ids: [third, first], total: 2 });
    expect(await wishes({}, sue)).toMatchObject({ ids: [second] });
  });

  test("only what is on sale can be wished for, by its seller too", async () => {
    for (const id of [await draft(), "unknown"])
      for (const who of [bob, sue]) expect(await refusal(add(id, who))).toEqual(["NOT_FOUND", undefined]);
    expect((await wishes()).total).toBe(0);
  });

  test("what is retired is shown to whoever may still see it, and comes back with the item", async () => {
    const [kept, gone] = [await offer(), await offer()];
    for (const who of [bob, sue]) for (const id of [kept, gone]) await add(id, who);
    await call("items.retire", { id: gone }, sue);
    expect(await wishes()).toMatchObject({ ids: [kept], total: 1 });
    expect(await wishes({}, sue)).toMatchObject({ ids: [gone, kept], total: 2 });
    expect(await add(gone)).toBeNull();
    const grant = {
      slot: `${gone}:1:0`,
      item: gone,
      title: "A thing",
      kind: "unique",
      seller: { id: "s", name: "S" },
      serial: 1,
    };
    await call("delivery.grant", { order: gone, user: bob.meta.user!.id, grants: [grant] }, {});
    expect(await wishes()).toMatchObject({ ids: [gone, kept], total: 2 });
  });

  test("there is an end to wishes, and a forgotten one makes room", async () => {
    const { db } = shop.broker.getLocalService("wishlist") as unknown as {
      db: { insertMany(docs: object[]): Promise<number> };
    };
    const user = bob.meta.user!.id;
    const many = Array.from({ length: MAX_WISHES - 1 }, (_, n) => `old-${n}`);
    await db.insertMany(
      many.map((item) => ({ _id: `${user}:${item}`, item, wished: orderedKey(user, 1, `${user}:${item}`) })),
    );
    const [last, late] = [await offer(), await offer()];
    await add(last);
    expect(await refusal(add(late))).toEqual(["LIMIT_REACHED", { itemId: late, limit: MAX_WISHES }]);
    expect(await add(last)).toBeNull();
    await add(late, sue);
    await remove("old-7");
    await add(late);
    expect(await wishes()).toMatchObject({ ids: [late, last], total: 2 });
  });
});
