import { describe, expect, test } from "@jest/globals";
import { onBothStores } from "../../tests/broker.ts";
import type { SalesRow } from "./orders.contract.ts";
import { euros, OrderDesk } from "./orders.harness.ts";
import { counted, salesIn, summary, type Summary } from "./sales.ts";

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 2, 31, 12);

describe("the summary of sales", () => {
  test("thirty days with their zeros, and all of time in the totals", () => {
    const counts = {
      [counted.sold(NOON, 500, 1)]: 3,
      [counted.sold(NOON, 1200, 2)]: 1,
      [counted.refunded(NOON - 29 * DAY, 700, 1)]: 1,
      [counted.sold(NOON - 30 * DAY, 900, 3)]: 2,
      [counted.expired]: 4,
    };
    const told = summary(counts, NOON);
    expect(told).toMatchObject({
      orders: 7,
      amount: euros(1500 + 1200 + 700 + 1800),
      refunded: euros(700),
      holds: { paid: 7, expired: 4 },
    });
    expect(told.days).toHaveLength(30);
    expect(told.days[0]).toEqual({ day: "2026-03-02", orders: 1, amount: euros(700) });
    expect(told.days[1]).toEqual({ day: "2026-03-03", orders: 0, amount: euros(0) });
    expect(told.days[29]).toEqual({ day: "2026-03-31", orders: 4, amount: euros(2700) });
    expect(salesIn(counts)).toBe(3 + 2 + 1 + 6);
  });

  test("who sold nothing has thirty empty days", () => {
    const { days, ...totals } = summary({}, NOON);
    expect(days.every(({ orders, amount }) => orders === 0 && amount.amount === 0)).toBe(true);
    expect(totals).toEqual({ orders: 0, amount: euros(0), refunded: euros(0), holds: { paid: 0, expired: 0 } });
  });
});

onBothStores("sales", (env) => {
  const desk = new OrderDesk(env);
  const { call, item, create, reaches, pay } = desk;
  const told = (who = desk.sue) => call<Summary>("orders.summary", {}, who);
  const page = (number: number, pageSize: number) =>
    call<{ rows: SalesRow[]; total: number }>("orders.sales", { page: number, pageSize }, desk.sue);

  test("each order is counted once, under the day on which it was paid and by what became of it", async () => {
    const [{ id: one }, { id: two }] = [await item({ stock: 9 }), await item({ stock: 9, price: euros(700) })];
    const buy = async (...ids: string[]) => {
      const { id } = await call("orders.create", { lines: ids.map((itemId) => ({ itemId, quantity: 1 })) });
      await pay(id);
      return reaches(id, "fulfilled");
    };
    const first = await buy(one, two);
    desk.skew += DAY;
    const second = await buy(one);
    await call("orders.refund", { id: first.id }, desk.sue);
    await reaches(first.id, "refunded");
    const lapsed = await create(two);
    desk.skew += 901_000;
    await call("orders.drive", { id: lapsed.id });
    await reaches(lapsed.id, "expired");
    await create(two);

    const { days, ...totals } = await told();
    expect(totals).toEqual({
      orders: 2,
      amount: euros(1700),
      refunded: euros(1200),
      holds: { paid: 2, expired: 1 },
    });
    const sold = days.filter(({ orders }) => orders > 0);
    expect(sold.map(({ day, amount }) => [day, amount.amount])).toEqual([
      [first.paidAt!.slice(0, 10), 1200],
      [second.paidAt!.slice(0, 10), 500],
    ]);
    expect((await told(desk.eve)).orders).toBe(0);

    const rows = [];
    for (const number of [1, 2, 3, 4]) rows.push((await page(number, 1)).rows.map((row) => [row.orderId, row.lineId]));
    expect(rows).toEqual([[[second.id, "1"]], [[first.id, "1"]], [[first.id, "2"]], []]);
    expect(await page(2, 2)).toMatchObject({ total: 3, rows: [{ orderId: first.id, lineId: "2" }] });
  });
});
