import { expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { onBothStores } from "../../tests/broker.ts";
import type { PayWith } from "../payments/payments.contract.ts";
import type { Order, SalesRow } from "./orders.contract.ts";
import { OrderDesk, refusal, type Who } from "./orders.harness.ts";

onBothStores("orders", (env) => {
  const desk = new OrderDesk(env);
  const { call, item, create, reaches, pay, held } = desk;

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
    await call("items.update", { id, price: { amount: 400, currency: "eur" } }, desk.sue);
    expect(await refusal(create(id, price))).toBe("PRICE_CHANGED");
    expect(await create(id, { ...price, idempotencyKey: "k3" })).toMatchObject({
      status: "reserved",
      total: { amount: 400 },
    });
    expect(
      (await create(id, { idempotencyKey: "k1" }, desk.eve).catch((error: unknown) => ({ id: typeOf(error) }))).id,
    ).toBe("SOLD_OUT");
  });

  test("at its deadline an order is closed, its copy free and its intent dead; a second wake-up changes nothing", async () => {
    const { id } = await item();
    const order = await create(id);
    const { clientSecret, publishableKey } = await call<PayWith>("orders.pay", { id: order.id });
    await call("orders.drive", { id: order.id });
    expect((await call("orders.get", { id: order.id })).status).toBe("reserved");
    desk.skew += 901_000;
    expect(await refusal(call("orders.pay", { id: order.id }))).toBe("ORDER_CLOSED");
    await call("orders.drive", { id: order.id });
    const expired = await reaches(order.id, "expired");
    expect(expired.closedAt).not.toBeNull();
    expect(await held(id)).toBe(0);
    expect(await desk.till.confirm(clientSecret, publishableKey)).toMatchObject({
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
    expect((await call("orders.get", { id: guest.id }, desk.sue)).email).toBeNull();
    for (const who of [desk.bob, { meta: {} }])
      expect(await refusal(call("orders.get", { id: guest.id }, who))).toBe("NOT_FOUND");
    expect(await refusal(call("orders.pay", { id: guest.id }, desk.sue))).toBe("NOT_FOUND");
    expect(await refusal(call("orders.refund", { id: guest.id }, desk.sue))).toBe("NOT_REFUNDABLE");
    const own = await create(id);
    expect(await refusal(call("orders.refund", { id: own.id }))).toBe("FORBIDDEN");
    expect(await refusal(create(id, {}, desk.sue))).toBe("OWN_ITEM");
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
    const { rows } = await call<{ rows: SalesRow[] }>("orders.sales", {}, desk.sue);
    expect(rows[0]).toMatchObject({
      orderId: order.id,
      amount: { amount: 500 },
      fee: { amount: 25 },
      net: { amount: 475 },
      status: "fulfilled",
    });
    const refund = { id: order.id, reason: "mistake", idempotencyKey: "r1" };
    const both = await Promise.all([call("orders.refund", refund, desk.sue), call("orders.refund", refund, desk.sue)]);
    expect(new Set(both.map((one) => one.refund!.id)).size).toBe(1);
    expect(await refusal(call("orders.refund", { ...refund, reason: "other" }, desk.sue))).toBe(
      "IDEMPOTENCY_KEY_REUSED",
    );
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
    desk.skew += 1000;
    const first = await create(id, {}, desk.eve);
    desk.skew += 1000;
    const second = await create(id, {}, desk.eve);
    expect(await refusal(create(id, { idempotencyKey: "gone" }, desk.eve))).toBe("SOLD_OUT");
    const { rows, total } = await call<{ rows: Order[]; total: number }>("orders.list", { pageSize: 1 }, desk.eve);
    expect([total, rows.map((row) => row.id)]).toEqual([2, [second.id]]);
    expect((await call<{ rows: Order[] }>("orders.list", { page: 2, pageSize: 1 }, desk.eve)).rows[0]!.id).toBe(
      first.id,
    );
  });
});
