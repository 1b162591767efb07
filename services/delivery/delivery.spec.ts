import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { until } from "../../tests/bus.ts";
import { person, stranger } from "../../tests/people.ts";
import auth from "../auth/auth.service.ts";
import sessions from "../auth/sessions.service.ts";
import inventory from "../inventory/inventory.service.ts";
import reservations from "../inventory/reservations.service.ts";
import uses from "../inventory/uses.service.ts";
import items from "../items/items.service.ts";
import waitlist from "../waitlist/waitlist.service.ts";
import type { LibraryRow } from "./delivery.contract.ts";
import delivery from "./delivery.service.ts";

onBothStores("delivery", (env) => {
  let shop: TestBroker;
  const [bob, eve] = [person("bob"), person("eve")];
  const seller = { id: "sue", name: "Sue" };
  const guest = (order: string) => ({ meta: { guestOrders: [order] } });

  beforeAll(async () => {
    shop = testBroker({ env, services: [auth, sessions, inventory, reservations, uses, items, delivery, waitlist] });
    await shop.broker.start();
  });
  afterAll(() => shop.stop());

  const call = <T>(name: string, params: object, who: { meta: object } = bob): Promise<T> =>
    shop.broker.call(name, params, { ...who, timeout: 20_000 });
  const library = async (who: { meta: object } = bob, params: object = {}) =>
    call<{ rows: LibraryRow[]; total: number }>("delivery.library", params, who);
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error: unknown) => typeOf(error) ?? String(error),
    );
  const grants = (order: string, item: string, count = 1) =>
    Array.from({ length: count }, (_, n) => ({
      slot: `${order}:1:${n}`,
      item,
      title: "A thing",
      kind: "edition",
      seller,
      serial: n + 1,
    }));
  const grant = async (order: string, item = "thing", user: string | null = "bob", count = 1) =>
    (await call<{ granted: string[] }>("delivery.grant", { order, user, grants: grants(order, item, count) })).granted;
  const revoke = (order: string, user: string | null = "bob") =>
    call("delivery.revoke", { order, user, grants: grants(order, "thing") });

  test("one row a copy, granted once however often it is asked for", async () => {
    const slots = await grant("o1", "thing", "bob", 2);
    expect(slots).toEqual(["o1:1:0", "o1:1:1"]);
    expect(await Promise.all([grant("o1", "thing", "bob", 2), grant("o1", "thing", "bob", 2)])).toEqual([slots, slots]);
    const { rows, total } = await library();
    expect(total).toBe(2);
    expect(rows.map(({ serial }) => serial).toSorted()).toEqual([1, 2]);
    expect(rows[0]).toMatchObject({
      orderId: "o1",
      itemId: "thing",
      kind: "edition",
      key: null,
      status: "active",
      seller,
    });
  });

  test("whatever comes first, a revoked copy is never active again", async () => {
    await revoke("early");
    expect(await grant("early")).toEqual([]);
    await grant("late");
    await revoke("late");
    expect(await grant("late")).toEqual([]);
    await Promise.all([grant("race"), revoke("race"), grant("race")]);
    for (const order of ["early", "late", "race"])
      expect(await call("delivery.get", { id: `${order}:1:0` })).toMatchObject({ status: "revoked" });
  });

  test("nobody sees what is not theirs; a guest sees the goods of the order shown", async () => {
    await grant("g1", "thing", null);
    expect(await refusal(library(stranger))).toBe("SIGN_IN_REQUIRED");
    expect((await library(eve)).total).toBe(0);
    expect((await library(guest("g1"))).rows.map(({ orderId }) => orderId)).toEqual(["g1"]);
    for (const who of [eve, bob, stranger, guest("o1")])
      expect(await refusal(call("delivery.get", { id: "g1:1:0" }, who))).toBe("NOT_FOUND");
    expect(await call("delivery.owns", { user: "bob", item: "thing" })).toBe(true);
    expect(await call("delivery.owns", { user: "eve", item: "thing" })).toBe(false);
  });

  test("a link names the bytes and is signed; a file taken off stays for who bought before, a revoked copy has none", async () => {
    const account = { email: "sue@example.com", name: "Sue", password: "a long password" };
    const owner = person((await call<{ id: string }>("auth.ensure", account)).id);
    const { id } = await call<{ id: string }>(
      "items.create",
      { title: "T", description: "", price: { amount: 100, currency: "eur" }, kind: "edition", stock: 1 },
      owner,
    );
    const blob = "ab".repeat(32);
    const file = (filename: string) => ({ id, filename, size: 3, type: "text/plain", sha256: blob, blob });
    for (const name of ["old.txt", "new.txt"]) await call("items.attachFile", file(name), owner);
    await grant("f1", id);
    // Whether a copy came before is told by milliseconds.
    const granted = Date.now();
    await until(() => Date.now() > granted);
    await call("items.removeFile", { id, filename: "old.txt" }, owner);
    await grant("f2", id);
    const names = async (order: string) =>
      (await call<LibraryRow>("delivery.get", { id: `${order}:1:0` })).files.map(({ filename }) => filename);
    expect([await names("f1"), await names("f2")]).toEqual([["old.txt", "new.txt"], ["new.txt"]]);
    const link = (order: string, filename: string) =>
      call<{ location: string }>("delivery.link", { id: `${order}:1:0`, filename });
    expect((await link("f1", "old.txt")).location).toMatch(new RegExp(`^/files/${blob}/old\\.txt\\?`));
    expect(await refusal(link("f2", "old.txt"))).toBe("NOT_FOUND");
    await call("delivery.revoke", { order: "f1", user: "bob", grants: grants("f1", id) });
    expect(await refusal(link("f1", "new.txt"))).toBe("FORBIDDEN");
  });
});
