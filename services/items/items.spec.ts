import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { person, stranger } from "../../tests/people.ts";
import auth from "../auth/auth.service.ts";
import sessions from "../auth/sessions.service.ts";
import delivery from "../delivery/delivery.service.ts";
import inventory from "../inventory/inventory.service.ts";
import reservations from "../inventory/reservations.service.ts";
import uses from "../inventory/uses.service.ts";
import waitlist from "../waitlist/waitlist.service.ts";
import { Catalogue } from "./catalogue.ts";
import type { ItemDoc } from "./item.ts";
import items from "./items.service.ts";
import type { Item } from "./items.contract.ts";

const SERVICES = [auth, sessions, delivery, inventory, reservations, uses, waitlist, items];

onBothStores("items", (env) => {
  let shop: TestBroker;
  let sue: { meta: object };
  let eve: { meta: object };
  const call = <T = Item>(name: string, params: object, who: { meta: object } = sue): Promise<T> =>
    shop.broker.call(`items.${name}`, params, { ...who, timeout: 20_000 });
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error: unknown) => typeOf(error) ?? String(error),
    );
  const draft = (over: object = {}) =>
    call("create", {
      title: "A thing",
      description: "",
      price: { amount: 500, currency: "eur" },
      kind: "edition",
      stock: 3,
      ...over,
    });
  const file = (id: string, filename: string) => ({
    id,
    filename,
    size: 3,
    type: "text/plain",
    sha256: "00",
    blob: "b10b",
  });

  beforeAll(async () => {
    shop = testBroker({ env, services: SERVICES });
    await shop.broker.start();
    const made = async (name: string) =>
      person(
        (
          (await shop.broker.call("auth.ensure", {
            email: `${name}@example.com`,
            name,
            password: "a long password",
          })) as { id: string }
        ).id,
      );
    [sue, eve] = [await made("sue"), await made("eve")];
  });
  afterAll(() => shop.stop());

  test("a draft is its seller's alone; the first one makes a seller", async () => {
    const { id, ...item } = await draft();
    expect(item).toMatchObject({
      status: "draft",
      stock: { total: 3, available: 3, held: 0, sold: 0 },
      publishedAt: null,
      files: [],
    });
    expect((await call("get", { id })).id).toBe(id);
    for (const who of [eve, stranger]) expect(await refusal(call("get", { id }, who))).toBe("NOT_FOUND");
    for (const name of ["update", "publish", "retire"])
      expect(await refusal(call(name, { id, title: "Mine" }, eve))).toBe("NOT_FOUND");
    const { user } = await shop.broker.call<{ user: { roles: string[] } }, object>("auth.me", {}, sue);
    expect(user.roles).toContain("seller");
  });

  test("publishing writes the units, again is the same, and needs something to deliver", async () => {
    const edition = await call("publish", { id: (await draft()).id });
    expect(edition).toMatchObject({ status: "published", stock: { total: 3, available: 3 } });
    expect(await call("publish", { id: edition.id })).toEqual(edition);
    const [keys, unlimited] = [
      await draft({ kind: "keys", stock: undefined }),
      await draft({ kind: "unlimited", stock: undefined }),
    ];
    for (const { id } of [keys, unlimited]) expect(await refusal(call("publish", { id }))).toBe("NOTHING_TO_DELIVER");
    expect(await call("addKeys", { id: keys.id, keys: [" K1 ", "K1", "K2"] })).toEqual({ added: 2, duplicates: 1 });
    await call("attachFile", file(unlimited.id, "a.txt"));
    expect(await call("publish", { id: keys.id })).toMatchObject({ status: "published", stock: { total: 2 } });
    expect(await call("publish", { id: unlimited.id })).toMatchObject({
      status: "published",
      stock: null,
      files: [{ filename: "a.txt" }],
    });
  });

  test("the kind is fixed once published; an edition grows, and gives back free copies only", async () => {
    const { id } = await draft();
    expect(await call("update", { id, kind: "unique" })).toMatchObject({ kind: "unique", stock: { total: 1 } });
    await call("update", { id, kind: "edition", stock: 2 });
    await call("publish", { id });
    expect(await refusal(call("update", { id, kind: "keys" }))).toBe("KIND_IS_FIXED");
    expect(await refusal(call("addKeys", { id, keys: ["x"] }))).toBe("KIND_IS_FIXED");
    expect(await call("update", { id, stock: 5, title: "More" })).toMatchObject({ title: "More", stock: { total: 5 } });
    const line = { id: "1", item: id, kind: "edition", quantity: 4, perBuyer: null };
    await shop.broker.call("inventory.reserve", {
      order: `o-${id}`,
      buyer: "b",
      until: Date.now() + 60_000,
      lines: [line],
    });
    expect(await refusal(call("update", { id, stock: 3 }))).toBe("SOLD_OUT");
    expect(await call("update", { id, stock: 4 })).toMatchObject({ stock: { total: 4, available: 0, held: 4 } });
  });

  test("files: the same name replaces, the last one of a download on sale stays", async () => {
    const { id } = await draft({ kind: "unlimited", stock: undefined });
    await call("attachFile", file(id, "a.txt"));
    await call("attachFile", { ...file(id, "a.txt"), size: 9 });
    expect((await call("get", { id })).files).toEqual([{ filename: "a.txt", size: 9, type: "text/plain" }]);
    await call("publish", { id });
    expect(await refusal(call("removeFile", { id, filename: "a.txt" }))).toBe("NOTHING_TO_DELIVER");
    await call("attachFile", file(id, "b.txt"));
    await call("removeFile", { id, filename: "a.txt" });
    expect((await call("get", { id })).files.map(({ filename }) => filename)).toEqual(["b.txt"]);
    expect(await refusal(call("removeFile", { id, filename: "a.txt" }))).toBe("NOT_FOUND");
    const [kept] = await call<{ files: { filename: string; removedAt?: number }[] }[]>("files", { ids: [id] });
    expect(kept!.files.find(({ filename }) => filename === "a.txt")).toHaveProperty("removedAt");
  });

  test("a cover is its seller's to change; without a picture it is drawn", async () => {
    const { id } = await draft();
    const sizes = [{ width: 320, height: 240, webp: "b10b", avif: "b10c" }];
    const cover = { hash: "c0ffee", sizes };
    for (const [name, params] of Object.entries({ mayChange: {}, setCover: { cover }, removeCover: {} }))
      for (const who of [eve, stranger]) expect(await refusal(call(name, { id, ...params }, who))).toBe("NOT_FOUND");
    expect([await call("cover", { id }), (await call("get", { id })).cover]).toEqual([null, `/covers/${id}.svg`]);
    expect(await call("setCover", { id, cover })).toEqual({ cover: `/covers/${id}/c0ffee` });
    expect((await call("get", { id })).cover).toBe(`/covers/${id}/c0ffee`);
    expect(await call("cover", { id }, stranger)).toEqual(cover);
    await call("removeCover", { id });
    await call("removeCover", { id });
    expect([await call("cover", { id }), (await call("get", { id })).cover]).toEqual([null, `/covers/${id}.svg`]);
    expect(await call("cover", { id: "unknown" })).toBeNull();
  });

  test("a retired item takes no orders and is seen by its seller only, until somebody owns a copy", async () => {
    const { id } = await call("publish", { id: (await draft()).id });
    expect(await call("quote", { ids: [id, "unknown"] })).toMatchObject([{ id, forSale: true, price: 500 }]);
    expect(await call("retire", { id })).toMatchObject({ status: "retired" });
    expect(await call("quote", { ids: [id] })).toMatchObject([{ forSale: false }]);
    expect(await refusal(call("get", { id }, eve))).toBe("NOT_FOUND");
    const eveId = (eve.meta as { user: { id: string } }).user.id;
    const grant = {
      slot: `x-${id}:1:0`,
      item: id,
      title: "A thing",
      kind: "edition",
      seller: { id: "s", name: "S" },
      serial: 1,
    };
    await shop.broker.call("delivery.grant", { order: `x-${id}`, user: eveId, grants: [grant] });
    expect(await call("get", { id }, eve)).toMatchObject({ status: "retired" });
  });

  test("the list shows what is on sale; `me` shows one's own drafts too and wants a sign-in", async () => {
    const { id } = await draft({ title: "Unseen Needle" });
    const list = (params: object, who = sue) => call<{ rows: Item[]; total: number }>("list", params, who);
    expect((await list({ q: "needle" })).total).toBe(0);
    expect((await list({ q: "needle", seller: "me" })).rows.map((row) => row.id)).toEqual([id]);
    expect(await refusal(list({ seller: "me" }, stranger))).toBe("SIGN_IN_REQUIRED");
    await call("publish", { id });
    expect(await list({ q: "NEEDLE" })).toMatchObject({ total: 1, rows: [{ id, status: "published" }] });
    expect((await list({ q: "needle", kind: "keys" })).total).toBe(0);
  });

  test("crawlers are told what is on sale, and when it last changed", async () => {
    const onSale = async (id: string) => {
      const page = { page: 1, pageSize: 5000 };
      const { rows } = await call<{ rows: { id: string; changedAt: number }[] }>("onSale", page, stranger);
      return rows.find((row) => row.id === id)?.changedAt;
    };
    const { id } = await draft();
    expect(await onSale(id)).toBeUndefined();
    const before = shop.runtime.now();
    await call("publish", { id });
    const published = await onSale(id);
    expect(published).toBeGreaterThanOrEqual(before);
    while (shop.runtime.now() === published) await new Promise(setImmediate);
    await call("update", { id, title: "Another thing" });
    expect(await onSale(id)).toBeGreaterThan(published!);
    await call("retire", { id });
    expect(await onSale(id)).toBeUndefined();
  });
});

describe("the catalogue in memory", () => {
  const doc = (id: string, over: Partial<ItemDoc> = {}) =>
    ({
      _id: id,
      v: 1,
      state: "published",
      title: id,
      price: 100,
      kind: "edition",
      seller: { id: "s" },
      createdAt: 0,
      publishedAt: 0,
      sales: 0,
      ...over,
    }) as ItemDoc;
  const ids = ({ docs }: { docs: ItemDoc[] }) => docs.map(({ _id }) => _id);

  test("sorts, filters and pages; an older version changes nothing", () => {
    const catalogue = new Catalogue();
    for (const [n, price] of [300, 100, 200].entries()) catalogue.put(doc(`i${n}`, { price, publishedAt: n }));
    catalogue.put(doc("hidden", { state: "draft" }));
    expect(ids(catalogue.list({ skip: 0, limit: 10 }))).toEqual(["i2", "i1", "i0"]);
    expect(ids(catalogue.list({ sort: "price", skip: 1, limit: 1 }))).toEqual(["i2"]);
    expect(ids(catalogue.list({ sort: "-price", skip: 0, limit: 1 }))).toEqual(["i0"]);
    catalogue.put(doc("i1", { v: 2, state: "retired" }));
    catalogue.put(doc("i1", { v: 1 }));
    expect(ids(catalogue.list({ skip: 0, limit: 10 }))).toEqual(["i2", "i0"]);
    catalogue.put(doc("i0", { price: 300, sales: 7 }));
    expect(ids(catalogue.list({ sort: "popular", skip: 0, limit: 10 }))).toEqual(["i0", "i2"]);
    expect(catalogue.list({ own: "s", skip: 0, limit: 1 }).total).toBe(4);
  });
});
