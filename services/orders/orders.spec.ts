import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { person } from "../../tests/people.ts";
import { eventually, openTill, type Till } from "../../tests/till.ts";
import auth from "../auth/auth.service.ts";
import sessions from "../auth/sessions.service.ts";
import delivery from "../delivery/delivery.service.ts";
import expiration from "../expiration/expiration.service.ts";
import inventory from "../inventory/inventory.service.ts";
import reservations from "../inventory/reservations.service.ts";
import uses from "../inventory/uses.service.ts";
import type { Item } from "../items/items.contract.ts";
import items from "../items/items.service.ts";
import inbox from "../payments/inbox.service.ts";
import type { PayWith } from "../payments/payments.contract.ts";
import payments from "../payments/payments.service.ts";
import sandbox from "../sandbox/sandbox.service.ts";
import type { Order, SalesRow } from "./orders.contract.ts";
import orders from "./orders.service.ts";

const SERVICES = [
  auth,
  sessions,
  delivery,
  expiration,
  inventory,
  reservations,
  uses,
  items,
  inbox,
  payments,
  sandbox,
  orders,
];
type Who = { meta: object };

onBothStores("orders", (env) => {
  let shop: TestBroker;
  let till: Till;
  let skew = 0;
  let [sue, bob, eve]: Who[] = [];

  beforeAll(async () => {
    till = await openTill();
    const runtime = { ...systemRuntime(), now: () => Date.now() + skew };
    shop = testBroker({
      env: { ...till.env, ...(env["MONGO_URL"] && { MONGO_URL: env["MONGO_URL"] }) },
      services: SERVICES,
      runtime,
    });
    await till.serve(shop.broker);
    await shop.broker.start();
    const made = async (name: string) =>
      person(
        (
          await shop.broker.call<{ id: string }, object>("auth.ensure", {
            email: `${name}@example.com`,
            name,
            password: "a long password",
          })
        ).id,
      );
    [sue, bob, eve] = [await made("sue"), await made("bob"), await made("eve")];
  });
  afterAll(async () => {
    await shop.stop();
    await till.close();
  });

  const call = <T = Order>(name: string, params: object, who: Who = bob!): Promise<T> =>
    shop.broker.call(name, params, { ...who, timeout: 20_000 });
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error: unknown) => typeOf(error) ?? String(error),
    );
  const item = async (over: object = {}) => {
    const draft = {
      title: "A thing",
      description: "",
      price: { amount: 500, currency: "eur" },
      kind: "edition",
      stock: 3,
      ...over,
    };
    const { id } = await call<Item>("items.create", draft, sue);
    return call<Item>("items.publish", { id }, sue);
  };
  const create = (id: string, over: object = {}, who: Who = bob!) =>
    call("orders.create", { lines: [{ itemId: id, quantity: 1 }], ...over }, who);
  const reaches = (id: string, status: string, who: Who = bob!) =>
    eventually(
      () => call("orders.get", { id }, who),
      (order) => order.status === status,
    );
  const pay = async (id: string) => {
    const { clientSecret, publishableKey } = await call<PayWith>("orders.pay", { id });
    expect((await till.confirm(clientSecret, publishableKey)).status).toBe("succeeded");
  };
  const held = async (id: string) =>
    (await call<{ stock: { held: number } }[]>("inventory.stock", { items: [id] }))[0]!.stock.held;

  test("a repeated key gives the order as it is now, another body is refused, and a refusal is kept", async () => {
    const { id } = await item({ stock: 1 });
    const first = await create(id, { idempotencyKey: "k1" });
    expect(first.status).toBe("reserved");
    await call("orders.cancel", { id: first.id });
    expect(await reaches(first.id, "cancelled")).toMatchObject({ id: first.id });
    expect(await create(id, { idempotencyKey: "k1" })).toMatchObject({ id: first.id, status: "cancelled" });
    expect(await refusal(create(id, { idempotencyKey: "k1", total: { amount: 500, currency: "eur" } }))).toBe(
      "IDEMPOTENCY_KEY_REUSED",
    );
    const price = { idempotencyKey: "k2", total: { amount: 400, currency: "eur" } };
    expect(await refusal(create(id, price))).toBe("PRICE_CHANGED");
    await call("items.update", { id, price: { amount: 400, currency: "eur" } }, sue);
    expect(await refusal(create(id, price))).toBe("PRICE_CHANGED");
    expect(await create(id, { ...price, idempotencyKey: "k3" })).toMatchObject({
      status: "reserved",
      total: { amount: 400 },
    });
    expect(
      (await create(id, { idempotencyKey: "k1" }, eve).catch((error: unknown) => ({ id: typeOf(error) }))).id,
    ).toBe("SOLD_OUT");
  });

  test("at its deadline an order is closed, its copy free and its intent dead; a second wake-up changes nothing", async () => {
    const { id } = await item();
    const order = await create(id);
    const { clientSecret, publishableKey } = await call<PayWith>("orders.pay", { id: order.id });
    await call("orders.drive", { id: order.id });
    expect((await call("orders.get", { id: order.id })).status).toBe("reserved");
    skew += 901_000;
    expect(await refusal(call("orders.pay", { id: order.id }))).toBe("ORDER_CLOSED");
    await call("orders.drive", { id: order.id });
    const expired = await reaches(order.id, "expired");
    expect(expired.closedAt).not.toBeNull();
    expect(await held(id)).toBe(0);
    expect(await till.confirm(clientSecret, publishableKey)).toMatchObject({
      error: { code: "payment_intent_unexpected_state" },
    });
    await call("orders.drive", { id: order.id });
    expect(await call("orders.get", { id: order.id })).toMatchObject({ status: "expired", closedAt: expired.closedAt });
  });

  test("who is who: strangers see nothing, a seller sees no guest's e-mail, only sellers refund", async () => {
    const { id } = await item();
    const guest = await create(id, { email: "Gus@Example.com" }, { meta: {} });
    const mine: Who = { meta: { guestOrders: [guest.id] } };
    expect(guest).toMatchObject({ email: "gus@example.com", token: expect.stringContaining(`${guest.id}.`) });
    expect((await call("orders.get", { id: guest.id }, mine)).email).toBe("gus@example.com");
    expect((await call("orders.get", { id: guest.id }, sue)).email).toBeNull();
    for (const who of [bob!, { meta: {} }])
      expect(await refusal(call("orders.get", { id: guest.id }, who))).toBe("NOT_FOUND");
    expect(await refusal(call("orders.pay", { id: guest.id }, sue))).toBe("NOT_FOUND");
    expect(await refusal(call("orders.refund", { id: guest.id }, sue))).toBe("NOT_REFUNDABLE");
    const own = await create(id);
    expect(await refusal(call("orders.refund", { id: own.id }))).toBe("FORBIDDEN");
    expect(await refusal(create(id, {}, sue))).toBe("OWN_ITEM");
  });

  test("paid, delivered, told, sold; refunded once, and again is the same", async () => {
    const { id } = await item({ perBuyer: 1 });
    const order = await create(id);
    await pay(order.id);
    expect(await reaches(order.id, "fulfilled")).toMatchObject({
      lines: [{ serials: [1] }],
      paidAt: expect.any(String),
    });
    expect(await refusal(create(id))).toBe("LIMIT_REACHED");
    const { rows } = await call<{ rows: SalesRow[] }>("orders.sales", {}, sue);
    expect(rows[0]).toMatchObject({
      orderId: order.id,
      amount: { amount: 500 },
      fee: { amount: 25 },
      net: { amount: 475 },
      status: "fulfilled",
    });
    const refund = { id: order.id, reason: "mistake", idempotencyKey: "r1" };
    const both = await Promise.all([call("orders.refund", refund, sue), call("orders.refund", refund, sue)]);
    expect(new Set(both.map((one) => one.refund!.id)).size).toBe(1);
    expect(await refusal(call("orders.refund", { ...refund, reason: "other" }, sue))).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(await reaches(order.id, "refunded")).toMatchObject({ refund: { status: "succeeded", reason: "mistake" } });
    expect(await refusal(call("orders.cancel", { id: order.id }))).toBe("ORDER_PAID");
    const { events } = await call<{ events: { type: string }[] }>("orders.timeline", { id: order.id });
    expect(events.map(({ type }) => type)).toEqual([
      "order.reserved",
      "order.paid",
      "order.fulfilled",
      "order.refunding",
      "order.refunded",
    ]);
    expect((await create(id)).status).toBe("reserved");
  });

  test("the list is one's own, newest first, without what was refused", async () => {
    const { id } = await item({ stock: 2 });
    skew += 1000;
    const first = await create(id, {}, eve);
    skew += 1000;
    const second = await create(id, {}, eve);
    expect(await refusal(create(id, { idempotencyKey: "gone" }, eve))).toBe("SOLD_OUT");
    const { rows, total } = await call<{ rows: Order[]; total: number }>("orders.list", { pageSize: 1 }, eve);
    expect([total, rows.map((row) => row.id)]).toEqual([2, [second.id]]);
    expect((await call<{ rows: Order[] }>("orders.list", { page: 2, pageSize: 1 }, eve)).rows[0]!.id).toBe(first.id);
  });
});
