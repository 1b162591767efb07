import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { onBothStores } from "../../tests/broker.ts";
import { eventually } from "../../tests/till.ts";
import { euros, OrderDesk, refusal, refused } from "../orders/orders.harness.ts";
import { apply, shared, type DiscountDoc } from "./discount.ts";
import type { Discount } from "./discounts.contract.ts";

const cents = fc.integer({ min: 50, max: 99_999_999 });

describe("what a code is worth", () => {
  const half: DiscountDoc = { _id: "s:HALF", code: "HALF", percent: 50, createdAt: 0, ownedBy: "s:0:s:HALF" };
  const taken = (doc: Partial<DiscountDoc>, ...amounts: number[]) => {
    const { percent, ...rest } = half;
    const lines = amounts.map((amount, n) => ({ itemId: `i${n}`, amount }));
    return apply({ ...rest, ...("amount" in doc ? {} : { percent: percent! }), ...doc }, lines, 0);
  };

  test("half a cent is rounded up, once for all lines", () => {
    expect(taken({ percent: 10 }, 155)).toMatchObject({ amount: 16 });
    expect(taken({ percent: 10 }, 155, 155)).toMatchObject({ amount: 31 });
    expect(taken({ percent: 100 }, 155, 77)).toMatchObject({ amount: 232, off: [155, 77] });
    expect(taken({ amount: 1000 }, 400, 300)).toMatchObject({ amount: 700, off: [400, 300] });
    expect(taken({ amount: 100, items: ["i1"] }, 400, 300)).toMatchObject({ amount: 100, off: [0, 100] });
  });

  test("what it leaves is nothing, or enough to be charged", () => {
    expect(taken({ amount: 450 }, 500)).toMatchObject({ amount: 450 });
    expect(taken({ amount: 451 }, 500)).toEqual({ reason: "minimum" });
    expect(taken({ amount: 499 }, 500)).toEqual({ reason: "minimum" });
    expect(taken({ amount: 500 }, 500)).toMatchObject({ amount: 500 });
  });

  test("shared out in whole cents it adds up, and no line gets more than it costs", () => {
    const parts = fc.array(fc.oneof(cents, fc.constant(0)), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(parts, fc.double({ min: 0, max: 1, noNaN: true }), (given, part) => {
        const sum = given.reduce((total, one) => total + one, 0);
        const amount = Math.floor(sum * part);
        const off = shared(amount, given);
        expect(off.reduce((total, one) => total + one, 0)).toBe(amount);
        for (const [n, one] of off.entries()) expect(one >= 0 && one <= given[n]!).toBe(true);
      }),
    );
  });
});

onBothStores("discounts", (env) => {
  const desk = new OrderDesk(env);
  const { call, item, create } = desk;
  const code = (given: object, who = desk.sue) => call<Discount>("discounts.create", given, who);
  const rows = async () => (await call<{ rows: Discount[] }>("discounts.list", {}, desk.sue)).rows;
  const quote = (name: string, ...ids: string[]) =>
    call("discounts.quote", { code: name, lines: ids.map((itemId) => ({ itemId, quantity: 1 })) });
  const invalid = (name: string, reason: string) => ({ type: "CODE_INVALID", data: { code: name, reason } });
  const usedUp = (name: string, limit: string) => ({ type: "CODE_USED_UP", data: { code: name, limit } });

  test("a seller's own: each name once, for their own items, listed newest first, ended for good", async () => {
    const { id } = await item();
    const { id: foreign } = await item({}, desk.eve);
    expect(await code({ code: "spring-1", percent: 20, items: [id, id], cap: 3, perBuyer: 1 })).toEqual({
      ...{ code: "SPRING-1", percent: 20, amount: null, items: [id], cap: 3, used: 0, perBuyer: 1 },
      ...{ endsAt: null, createdAt: expect.any(String), active: true },
    });
    expect(await refusal(code({ code: "Spring-1", amount: 100 }))).toBe("CODE_TAKEN");
    expect(await refusal(code({ code: "other", amount: 100, items: [id, foreign] }))).toBe("NOT_FOUND");
    expect(await refusal(code({ code: "BOTH", amount: 100 }, desk.eve))).toBe("done");
    desk.skew += 1000;
    await code({ code: "BOTH", amount: 100 });
    expect((await rows()).map((row) => row.code)).toEqual(["BOTH", "SPRING-1"]);

    await call("discounts.end", { code: "both" }, desk.sue);
    await call("discounts.end", { code: "both" }, desk.sue);
    expect((await rows())[0]).toMatchObject({ code: "BOTH", active: false });
    expect(await refusal(code({ code: "BOTH", amount: 100 }))).toBe("CODE_TAKEN");
    expect(await refusal(call("discounts.end", { code: "nothing" }, desk.sue))).toBe("NOT_FOUND");
    expect(await refused(quote("BOTH", id))).toEqual(invalid("BOTH", "ended"));
    expect(await quote("both", foreign)).toEqual({ discount: euros(100), total: euros(400) });
  });

  test("a quote says what it takes off, or why it does not apply", async () => {
    const [{ id: one }, { id: two }] = [await item({ price: euros(155) }), await item({ price: euros(300) })];
    const { id: foreign } = await item({}, desk.eve);
    const endsAt = new Date(Date.now() + desk.skew + 60_000).toISOString();
    await code({ code: "TEN", percent: 10, endsAt });
    await code({ code: "MOST", amount: 120, items: [one] });
    expect(await quote("ten", one)).toEqual({ discount: euros(16), total: euros(139) });
    expect(await quote("TEN", one, two)).toEqual({ discount: euros(46), total: euros(409) });
    expect(await quote("MOST", one, two)).toEqual({ discount: euros(120), total: euros(335) });
    expect(await refused(quote("MOST", one))).toEqual(invalid("MOST", "minimum"));
    expect(await refused(quote("MOST", two))).toEqual(invalid("MOST", "items"));
    expect(await refused(quote("none", one))).toEqual(invalid("NONE", "unknown"));
    expect(await refusal(quote("TEN", one, foreign))).toBe("MIXED_SELLERS");
    expect(await refusal(quote("TEN", "nothing"))).toBe("NOT_FOUND");
    desk.skew += 61_000;
    expect(await refused(quote("TEN", one))).toEqual(invalid("TEN", "ended"));
    expect((await rows()).find((row) => row.code === "TEN")).toMatchObject({ endsAt, active: false });
  });

  test("fifty buyers at a code that can be used five times: five use it, however they come", async () => {
    const { id } = await item({ stock: 60 });
    await code({ code: "FIVE", percent: 50, cap: 5 });
    const ask = (n: number) =>
      call<{ id: string; token: string }>(
        "orders.create",
        { lines: [{ itemId: id, quantity: 1 }], email: `b${n}@example.com`, code: n % 2 ? "FIVE" : "five" },
        { meta: {} },
      );
    const asked = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => ask(n)));
    const won = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
    const lost = asked.flatMap((one) => (one.status === "rejected" ? [one.reason as { type: string }] : []));
    expect(won).toHaveLength(5);
    expect(lost.map(({ type }) => type)).toEqual(Array(45).fill("CODE_USED_UP"));
    expect(lost[0]).toMatchObject({ data: { code: "FIVE", limit: "code" } });
    expect((await rows()).find((row) => row.code === "FIVE")).toMatchObject({ used: 5 });
    expect(await desk.held(id)).toBe(5);
    expect(await refused(quote("FIVE", id))).toEqual(usedUp("FIVE", "code"));

    await call("orders.cancel", { id: won[0] }, { meta: { guestOrders: [won[0]!] } });
    await eventually(
      () => rows(),
      (all) => all.find((row) => row.code === "FIVE")!.used === 4,
    );
    expect(await refusal(ask(51))).toBe("done");
    expect(await refusal(ask(52))).toBe("CODE_USED_UP");
  });

  test("one buyer uses it so often, whatever others do", async () => {
    const { id } = await item({ stock: 9 });
    await code({ code: "TWICE", amount: 100, perBuyer: 2 });
    const once = (who = desk.bob) => create(id, { code: "TWICE" }, who);
    const three = await Promise.all([refused(once()), refused(once()), refused(once())]);
    expect(three.filter((one) => one !== "done")).toEqual([usedUp("TWICE", "buyer")]);
    expect(await refused(quote("TWICE", id))).toEqual(usedUp("TWICE", "buyer"));
    expect(await refusal(once(desk.eve))).toBe("done");
    expect((await rows()).find((row) => row.code === "TWICE")).toMatchObject({ cap: null, used: 3 });
  });
});
