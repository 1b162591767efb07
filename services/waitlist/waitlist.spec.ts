import { beforeAll, expect, test } from "@jest/globals";
import type { Static } from "typebox";
import type { Ops } from "../../core/contract.ts";
import { onBothStores } from "../../tests/broker.ts";
import { person } from "../../tests/people.ts";
import { eventually } from "../../tests/till.ts";
import type { Cluster } from "../define.ts";
import type { Unit } from "../inventory/inventory.contract.ts";
import mail from "../mail/mail.service.ts";
import { OrderDesk, refusal, type Who } from "../orders/orders.harness.ts";

type Op<N extends "join" | "place" | "grants"> = Ops<Cluster>[`waitlist.${N}`];
type Joined = Static<Op<"join">["returns"]>;
type Place = Static<Op<"place">["returns"]>;

onBothStores("the waiting list", (env) => {
  const desk = new OrderDesk(env, [mail]);
  let [ann, joe, kim]: Who[] = [];
  beforeAll(async () => {
    [ann, joe, kim] = [await desk.user("ann"), await desk.user("joe"), await desk.user("kim")];
  });

  const join = (id: string, who: Who, over: object = {}) => desk.call<Joined>("waitlist.join", { id, ...over }, who);
  const place = (id: string, who: Who) => desk.call<Place>("waitlist.place", { id }, who);
  const granted = (id: string, who: Who): Promise<string> =>
    eventually(
      () => place(id, who),
      ({ orderId }) => orderId !== null,
    ).then(({ orderId }) => orderId!);
  const stock = async (id: string) =>
    (await desk.call<{ stock: object }[]>("inventory.stock", { items: [id] }))[0]!.stock;
  const cancel = (id: string, who: Who = desk.bob) => desk.call("orders.cancel", { id }, who);
  /** An item whose one copy Bob holds. */
  const soldOut = async (over: object = {}) => {
    const { id } = await desk.item({ stock: 1, ...over });
    return { id, order: await desk.create(id) };
  };

  test("a copy that comes back is held for the head of the line, at the price of then; a passer-by hears that it is sold out", async () => {
    const { id, order } = await soldOut();
    expect(await join(id, ann!)).toEqual({ position: 1, orderId: null });
    expect(await join(id, joe!)).toEqual({ position: 2, orderId: null });
    expect(await join(id, ann!)).toEqual({ position: 1, orderId: null });
    expect(await place(id, joe!)).toEqual({ position: 2, orderId: null, length: 2 });
    expect(await place(id, kim!)).toEqual({ position: null, orderId: null, length: 2 });
    await desk.call("items.update", { id, price: { amount: 700, currency: "eur" } }, desk.sue);

    await cancel(order.id);
    const anns = await granted(id, ann!);
    expect(await desk.call("orders.get", { id: anns }, ann)).toMatchObject({
      ...{ status: "reserved", granted: true, total: { amount: 700 } },
      lines: [{ itemId: id, quantity: 1, unitPrice: { amount: 700 } }],
    });
    expect(await refusal(desk.create(id, {}, desk.eve))).toBe("SOLD_OUT");
    expect(await stock(id)).toEqual({ total: 1, available: 0, held: 1, sold: 0 });
    expect(await place(id, joe!)).toEqual({ position: 1, orderId: null, length: 1 });
    await desk.pay(anns, ann);
    expect((await desk.reaches(anns, "fulfilled", ann)).lines[0]!.serials).toEqual([1]);
  });

  test("who lets the hold lapse has left the line, and the copy goes to the next; with nobody left it is on sale", async () => {
    const { id, order } = await soldOut();
    await join(id, ann!);
    await join(id, joe!);
    await cancel(order.id);
    const anns = await granted(id, ann!);
    desk.skew += 901_000;
    await desk.call("orders.drive", { id: anns });
    await desk.reaches(anns, "expired", ann);
    const joes = await granted(id, joe!);
    expect(await place(id, ann!)).toEqual({ position: null, orderId: null, length: 0 });
    expect(await join(id, ann!)).toEqual({ position: 1, orderId: null });
    await desk.call("waitlist.leave", { id }, ann);
    await cancel(joes, joe);
    await desk.reaches(joes, "cancelled", joe);
    await eventually(
      () => stock(id),
      (now) => JSON.stringify(now) === JSON.stringify({ total: 1, available: 1, held: 0, sold: 0 }),
    );
    expect(await refusal(join(id, joe!))).toBe("IN_STOCK");
  });

  test("a guest waits by e-mail, is known by the key that joining gave, and the order is theirs", async () => {
    const { id, order } = await soldOut();
    const first = await join(id, { meta: {} }, { email: "Gus@Example.com" });
    expect(first).toEqual({ position: 1, orderId: null, token: expect.any(String) });
    expect(await join(id, { meta: {} }, { email: "gus@example.com" })).toEqual({ position: 1, orderId: null });
    const ticket = first.token!.split(".")[0]!;
    const gus: Who = { meta: { guestOrders: [ticket] } };
    expect(await place(id, gus)).toEqual({ position: 1, orderId: null, length: 1 });
    // Whoever knows the e-mail alone moves nobody.
    await desk.call("waitlist.leave", { id }, { meta: {} });
    expect(await place(id, gus)).toMatchObject({ position: 1 });
    await cancel(order.id);
    expect(await granted(id, gus)).toBe(ticket);
    expect(await desk.call("orders.get", { id: ticket }, gus)).toMatchObject({
      ...{ status: "reserved", granted: true, email: "gus@example.com" },
    });
    const letters = await eventually(
      () => desk.call<{ rows: { to: string; text: string }[] }>("mail.mailbox", {}),
      ({ rows }) => rows.some(({ to }) => to.includes("gus@example.com")),
    );
    const written = letters.rows.filter(({ text }) => text.includes(`/open/${ticket}/`));
    expect(written).toHaveLength(1);
  });

  test("who may not have a copy is passed over: the limit for one buyer holds for granted orders too", async () => {
    const { id } = await desk.item({ stock: 2, perBuyer: 1 });
    const [first, second] = [await desk.create(id), await desk.create(id, {}, ann)];
    expect(await join(id, ann!)).toMatchObject({ position: 1 });
    expect(await join(id, joe!)).toMatchObject({ position: 2 });
    await cancel(first.id);
    await granted(id, joe!);
    expect(await place(id, ann!)).toEqual({ position: null, orderId: null, length: 0 });
    expect(await desk.call("orders.get", { id: second.id }, ann)).toMatchObject({ status: "reserved" });
  });

  test("nobody waits for what can be had, is not for sale, or is their own", async () => {
    const { id } = await desk.item({ stock: 1 });
    expect(await refusal(join(id, ann!))).toBe("IN_STOCK");
    await desk.create(id);
    expect(await refusal(join(id, desk.sue))).toBe("OWN_ITEM");
    expect(await refusal(join(id, { meta: {} }))).toBe("SIGN_IN_REQUIRED");
    expect(await refusal(join("nothing", ann!))).toBe("NOT_FOUND");
    expect(await refusal(place("nothing", ann!))).toBe("NOT_FOUND");
    await desk.call("waitlist.leave", { id }, ann);
    await desk.call("items.retire", { id }, desk.sue);
    expect(await refusal(join(id, ann!))).toBe("NOT_FOUND");
  });

  test("an item that is retired ends its line, and a copy that comes back is granted to nobody", async () => {
    const { id, order } = await soldOut();
    await join(id, ann!);
    await desk.call("items.retire", { id }, desk.sue);
    await eventually(
      () => desk.call<Place>("waitlist.place", { id }, ann),
      ({ length }) => length === 0,
    );
    await cancel(order.id);
    await desk.reaches(order.id, "cancelled");
    expect(await stock(id)).toMatchObject({ available: 1, held: 0 });
  });

  test("copies that an edition gains, or keys that are imported, are for the line first; the rest is on sale", async () => {
    const { id } = await soldOut();
    await join(id, ann!);
    await join(id, joe!);
    await desk.call("items.update", { id, stock: 4 }, desk.sue);
    await Promise.all([granted(id, ann!), granted(id, joe!)]);
    expect(await stock(id)).toEqual({ total: 4, available: 1, held: 3, sold: 0 });

    const draft = { title: "Keys", description: "", price: { amount: 500, currency: "eur" }, kind: "keys" };
    const keys = await desk.call<{ id: string }>("items.create", draft, desk.sue);
    await desk.call("items.addKeys", { id: keys.id, keys: ["a"] }, desk.sue);
    await desk.call("items.publish", { id: keys.id }, desk.sue);
    await desk.create(keys.id);
    await join(keys.id, kim!);
    await desk.call("items.addKeys", { id: keys.id, keys: ["b", "c"] }, desk.sue);
    await granted(keys.id, kim!);
    expect(await stock(keys.id)).toEqual({ total: 3, available: 1, held: 2, sold: 0 });
  });

  test("what nobody passed on is passed on by the sweeper", async () => {
    const { id, order } = await soldOut();
    await join(id, ann!);
    const service = desk.shop.broker.getLocalService("inventory") as unknown as {
      db: { claim(query: object, update: object): Promise<Unit | null> };
    };
    // What a process leaves that died just after it gave the copy back.
    const left = { state: "returning", returning: `${id}:0:${id}:1`, turn: 7, due: `${"0".repeat(15)}:${id}:1` };
    await service.db.claim({ _id: `${id}:1` }, { $set: left, $unset: { slot: true, order: true, held: true } });
    await desk.call("inventory.sweep", {});
    expect(await granted(id, ann!)).not.toBe(order.id);
  });

  test("a user's live grants are told, and an entry says nothing about who somebody is", async () => {
    const { id, order } = await soldOut();
    await join(id, kim!);
    await cancel(order.id);
    const kims = await granted(id, kim!);
    const { expiresAt } = await desk.call("orders.get", { id: kims }, kim);
    const user = kim!.meta.user!.id;
    const grants = await desk.call<object[]>("waitlist.grants", { user });
    expect(grants).toContainEqual({ itemId: id, orderId: kims, expiresAt });
    const guest = await soldOut();
    await join(guest.id, { meta: {} }, { email: "eva@example.com" });
    const { rows } = await desk.call<{ rows: object[] }>("waitlist.changes", {});
    expect(JSON.stringify(rows)).not.toMatch(/example\.com|KIM|ANN/);
    expect(await desk.call("waitlist.inspect", { order: kims })).toMatchObject({ buyer: user, state: "granted" });
    await desk.call("waitlist.place", { id: guest.id }, person("nobody"));
  });
});
