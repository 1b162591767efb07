import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { until } from "../../tests/bus.ts";
import { person, stranger } from "../../tests/people.ts";
import { tickingRuntime } from "../../tests/ticking.ts";
import auth from "../auth/auth.service.ts";
import sessions from "../auth/sessions.service.ts";
import inventory from "../inventory/inventory.service.ts";
import reservations from "../inventory/reservations.service.ts";
import uses from "../inventory/uses.service.ts";
import waitlist from "../waitlist/waitlist.service.ts";
import search from "../search/search.service.ts";
import items from "./items.service.ts";
import type { Item } from "./items.contract.ts";

const SERVICES = [auth, sessions, inventory, reservations, uses, waitlist, items, search];
interface List {
  rows: Item[];
  total: number;
}

onBothStores("the showcase", (env) => {
  let shop: TestBroker;
  let sue: ReturnType<typeof person>;
  const call = <T>(name: string, params: object, who: object = sue) =>
    shop.broker.call<T, object>(name, params, { ...who, timeout: 20_000 });
  const titles = async (name: "list" | "search", params: object, who: object = stranger) =>
    (await call<List>(`items.${name}`, params, who)).rows.map(({ title }) => title);
  const offer = async (title: string, over: object = {}) => {
    const draft = {
      title,
      description: "",
      price: { amount: 500, currency: "eur" },
      kind: "edition",
      stock: 3,
      ...over,
    };
    return (await call<Item>("items.publish", { id: (await call<Item>("items.create", draft)).id })).id;
  };
  const seller = (id: string) =>
    call<object>("items.seller", { id }, stranger).catch((error: unknown) => typeOf(error));

  beforeAll(async () => {
    shop = testBroker({ env, runtime: tickingRuntime(), services: SERVICES });
    await shop.broker.start();
    const account = { email: "sue@example.com", name: "Sue", password: "a long password" };
    sue = person((await call<{ id: string }>("auth.ensure", account, {})).id);
  });
  afterAll(() => shop.stop());

  test("rows of a search are items with their stock, beside what further choices would leave", async () => {
    await offer("Linen Atlas", { price: { amount: 700, currency: "eur" } });
    await offer("Cotton Atlas", { kind: "unique", stock: undefined });
    await until(async () => (await titles("search", { q: "atlas" })).length === 2);
    const found = await call<object>("items.search", { q: "atlsa", max: 600, pageSize: 1 }, stranger);
    expect(found).toMatchObject({
      rows: [{ title: "Cotton Atlas", status: "published", stock: { total: 1, available: 1 } }],
      total: 1,
      page: 1,
      pageSize: 1,
      suggestions: ["atlas"],
    });
    const { facets } = found as { facets: { kind: object[]; price: { count: number }[]; available: number } };
    expect(facets.kind).toContainEqual({ value: "unique", count: 1 });
    expect(facets.price.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(facets.available).toBe(1);
    expect(await titles("search", { sort: "price", available: true })).toEqual(["Cotton Atlas", "Linen Atlas"]);
  });

  test("the list finds through it too, typos and descriptions included, the newest first unless asked otherwise", async () => {
    await offer("Velvet");
    await offer("Story", { description: "All about velvet" });
    await until(async () => (await titles("list", { q: "velvet" })).length === 2);
    expect(await titles("list", { q: "velvte" })).toEqual(["Story", "Velvet"]);
    expect(await titles("list", { q: "velvet", sort: "relevance" })).toEqual(["Velvet", "Story"]);
    await call("items.create", {
      title: "Velvet Draft",
      description: "",
      price: { amount: 500, currency: "eur" },
      kind: "unique",
    });
    expect(await titles("list", { q: "velvet", seller: "me" }, sue)).toEqual(["Velvet Draft", "Velvet"]);
  });

  test("who sells is shown with what is on sale and was sold; who sells nothing is nobody", async () => {
    const { id } = sue.meta.user!;
    const before = (await seller(id)) as { items: number; since: string };
    const item = await offer("Two of three");
    const line = { id: "1", item, kind: "edition", quantity: 2, perBuyer: null };
    await call("inventory.reserve", { order: "o-1", buyer: "b", until: Date.now() + 60_000, lines: [line] });
    expect(await seller(id)).toEqual({
      id,
      name: id.toUpperCase(),
      since: before.since,
      items: before.items + 1,
      sold: 0,
    });
    await call("inventory.sell", { order: "o-1" });
    await call("items.retire", { id: item });
    expect(await seller(id)).toMatchObject({ items: before.items, sold: 2 });
    const { rows } = await call<List>("items.list", { seller: id, pageSize: 100 });
    for (const row of rows) await call("items.retire", { id: row.id });
    expect(await seller(id)).toBe("NOT_FOUND");
    expect(await seller("unknown")).toBe("NOT_FOUND");
  });

  test("without search the list finds words of titles, and a search is refused", async () => {
    await offer("Amber");
    await shop.broker.destroyService(shop.broker.getLocalService("search"));
    expect(await titles("list", { q: "AMB" })).toEqual(["Amber"]);
    await expect(titles("search", { q: "amber" })).rejects.toMatchObject({ type: "SERVICE_NOT_AVAILABLE" });
  });
});
