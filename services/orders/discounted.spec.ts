import { expect, test } from "@jest/globals";
import { onBothStores } from "../../tests/broker.ts";
import { eventually } from "../../tests/till.ts";
import audit from "../audit/audit.service.ts";
import type { Fault } from "../audit/audit.contract.ts";
import type { LibraryRow } from "../delivery/delivery.contract.ts";
import type { Discount } from "../discounts/discounts.contract.ts";
import type { Order, SalesRow } from "./orders.contract.ts";
import { euros, OrderDesk, refusal, refused } from "./orders.harness.ts";

onBothStores("discounted orders", (env) => {
  const desk = new OrderDesk(env, [audit]);
  const { call, item, create, reaches, pay } = desk;
  const code = (given: object) => call<Discount>("discounts.create", given, desk.sue);
  const used = async (name: string) =>
    (await call<{ rows: Discount[] }>("discounts.list", {}, desk.sue)).rows.find((row) => row.code === name)!.used;
  const sales = async () => (await call<{ rows: SalesRow[] }>("orders.sales", {}, desk.sue)).rows;
  const agree = async () => {
    // The audit sleeps between its two readings when the first finds work that is on its way.
    const { faults } = await call<{ faults: Fault[] }>("audit.run", {});
    expect(faults).toEqual([]);
  };

  test("the discount is frozen into the order, part of what a key stands for, and paid is what is left", async () => {
    const { id } = await item();
    await code({ code: "THIRD", percent: 33, cap: 9 });
    const key = { code: "third", idempotencyKey: "d1" };
    expect(await refusal(create(id, { ...key, total: euros(500), idempotencyKey: "d0" }))).toBe("PRICE_CHANGED");
    expect(await used("THIRD")).toBe(0);
    const order = await create(id, { ...key, total: euros(335) });
    expect(order).toMatchObject({
      status: "reserved",
      total: euros(335),
      discount: { code: "THIRD", amount: euros(165) },
    });
    expect(await create(id, { ...key, code: "Third", total: euros(335) })).toMatchObject({ id: order.id });
    expect(await refusal(create(id, { idempotencyKey: "d1", total: euros(335) }))).toBe("IDEMPOTENCY_KEY_REUSED");
    await call("discounts.end", { code: "THIRD" }, desk.sue);
    expect(await refused(create(id, { ...key, idempotencyKey: "d2" }))).toEqual({
      type: "CODE_INVALID",
      data: { code: "THIRD", reason: "ended" },
    });
    await pay(order.id);
    expect(await reaches(order.id, "fulfilled")).toMatchObject({ total: euros(335), discount: { code: "THIRD" } });
    expect(await used("THIRD")).toBe(1);
    expect((await create(id)).discount).toBeNull();
    await agree();
  });

  test("a refusal by the code is the key's answer, also once the code would do", async () => {
    const { id } = await item();
    const early = { code: "LATER", idempotencyKey: "e1" };
    const unknown = { type: "CODE_INVALID", data: { code: "LATER", reason: "unknown" } };
    expect(await refused(create(id, early))).toEqual(unknown);
    await code({ code: "LATER", amount: 480 });
    expect(await refused(create(id, early))).toEqual(unknown);
    expect(await refused(create(id, { code: "LATER" }))).toMatchObject({ data: { reason: "minimum" } });
  });

  test("what expires or is cancelled gives the use back, and so does a refund", async () => {
    const { id } = await item();
    await code({ code: "ONCE", amount: 100, cap: 1, perBuyer: 1 });
    const first = await create(id, { code: "ONCE" });
    expect(await refusal(create(id, { code: "ONCE" }, desk.eve))).toBe("CODE_USED_UP");
    desk.skew += 901_000;
    await call("orders.drive", { id: first.id });
    await reaches(first.id, "expired");
    const second = await create(id, { code: "ONCE" });
    await pay(second.id);
    await reaches(second.id, "fulfilled");
    expect(await refusal(create(id, { code: "ONCE" }, desk.eve))).toBe("CODE_USED_UP");
    await call("orders.refund", { id: second.id }, desk.sue);
    await reaches(second.id, "refunded");
    expect(await used("ONCE")).toBe(0);
    expect((await create(id, { code: "ONCE" }, desk.eve)).status).toBe("reserved");
    await agree();
  });

  test("sold out behind a code gives the code's use back", async () => {
    const { id } = await item({ stock: 1 });
    await code({ code: "LAST", amount: 100, cap: 5 });
    await create(id);
    expect(await refusal(create(id, { code: "LAST" }, desk.eve))).toBe("SOLD_OUT");
    expect(await used("LAST")).toBe(0);
  });

  test("where there is nothing to pay nobody pays: fulfilled at once, refunded without the provider", async () => {
    const { id } = await item({ stock: 2 });
    await code({ code: "GIFT", percent: 100, cap: 1 });
    const order = await create(id, { code: "GIFT", total: euros(0) });
    expect(order).toMatchObject({ status: "fulfilled", total: euros(0), paidAt: expect.any(String) });
    expect(order.lines[0]!.serials).toHaveLength(1);
    expect(await refusal(call("orders.pay", { id: order.id }))).toBe("ORDER_PAID");
    expect(await refusal(call("orders.cancel", { id: order.id }))).toBe("ORDER_PAID");
    desk.skew += 901_000;
    await call("orders.drive", { id: order.id });
    expect((await call("orders.get", { id: order.id })).status).toBe("fulfilled");
    expect(await call("payments.inspect", { order: order.id })).toBeNull();
    expect((await sales())[0]).toMatchObject({ orderId: order.id, amount: euros(0), fee: euros(0), net: euros(0) });
    await agree();

    await call("orders.refund", { id: order.id }, desk.sue);
    expect(await reaches(order.id, "refunded")).toMatchObject({ refund: { amount: euros(0), status: "succeeded" } });
    expect(await call("payments.inspect", { order: order.id })).toBeNull();
    const { rows } = await call<{ rows: LibraryRow[] }>("delivery.library", {});
    expect(rows.find(({ orderId }) => orderId === order.id)).toMatchObject({ status: "revoked" });
    expect(await used("GIFT")).toBe(0);
    await agree();
  });

  test("the rows of a sale add up to what was paid, to the cent", async () => {
    const ids = [];
    for (const amount of [101, 333, 777]) ids.push((await item({ price: euros(amount) })).id);
    await code({ code: "SEVEN", percent: 7 });
    const lines = ids.map((itemId) => ({ itemId, quantity: 1 }));
    const order = await call<Order>("orders.create", { lines, code: "SEVEN" });
    expect(order.total).toEqual(euros(1211 - 85));
    await pay(order.id);
    await reaches(order.id, "fulfilled");
    const rows = (await eventually(sales, (all) => all[0]?.orderId === order.id)).slice(0, 3);
    expect(rows.reduce((sum, { amount }) => sum + amount.amount, 0)).toBe(order.total.amount);
    for (const { amount, fee, net } of rows) expect(fee.amount + net.amount).toBe(amount.amount);
  });
});
