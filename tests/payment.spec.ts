import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { auditOf } from "./audit.ts";
import type { Client } from "./client.ts";
import { KEYS, Provider, type Intent } from "./provider.ts";
import { Shop } from "./shop.ts";

const PRICE = 1200;
/** Successes that no order asked for; each has to be repaid, and the audit has to know of each. */
let strays = 0;

/** Whatever the payment provider does, in the process that `npm start` runs. */
describe("payment", () => {
  let shop: Shop;
  let provider: Provider;
  let seller: Client;
  let buyer: Client;

  beforeAll(async () => {
    shop = await Shop.start({ env: KEYS });
    provider = new Provider(shop.url);
    [seller, buyer] = await Promise.all([shop.client().signUp("Sella"), shop.client().signUp("Buya")]);
  });
  beforeEach(() => provider.faults({}));
  afterAll(() => shop.stop());

  const orderOf = (id: string) => buyer.ok(buyer.get(`/api/orders/${id}`));
  const reserved = async (item?: { id: string }): Promise<string> => {
    const { id } = item ?? (await seller.sell({ price: PRICE }));
    return (await buyer.ok(buyer.buy(id))).id;
  };
  const intentOf = async (order: string): Promise<Intent> => {
    const [intent, ...others] = (await provider.intentsOf(order)).toReversed();
    expect(others).toEqual([]);
    return intent!;
  };
  const succeeded = (intent: { id: string }, id = `evt_${intent.id}`) => ({
    id,
    object: "event",
    type: "payment_intent.succeeded",
    data: { object: { object: "payment_intent", id: intent.id, status: "succeeded", amount: PRICE, currency: "eur" } },
  });
  const repaid = async (intent: Intent) => {
    for (const end = Date.now() + 15_000; ; await sleep(25)) {
      const refunds = await provider.refundsOf(intent.id);
      if (refunds.length) return expect(refunds).toMatchObject([{ status: "succeeded", amount: intent.amount }]);
      if (Date.now() > end) throw new Error(`${intent.id} was not repaid`);
    }
  };

  test("webhooks come late, twice and in any order: every order is paid once", async () => {
    await provider.faults({ webhooks: { duplicate: 1, reorder: 0.5, delayMs: [0, 100] } });
    const item = await seller.sell({ stock: 8, price: PRICE });
    const orders = await Promise.all(Array.from({ length: 8 }, () => reserved(item)));
    await Promise.all(
      orders.map(async (id, n) => {
        if (n % 2) await buyer.pay(id, "pm_card_chargeDeclined");
        await buyer.pay(id);
      }),
    );
    for (const id of orders) {
      await buyer.reaches(id, ["fulfilled"]);
      const { events } = await buyer.ok(buyer.get(`/api/orders/${id}/timeline`));
      const told = events.map(({ type }: { type: string }) => type).filter((type: string) => type !== "order.declined");
      expect(told).toEqual(["order.reserved", "order.paid", "order.fulfilled"]);
      expect(await intentOf(id)).toMatchObject({ status: "succeeded", amount: PRICE });
    }
    expect((await buyer.ok(buyer.get(`/api/items/${item.id}`))).stock).toEqual({
      total: 8,
      available: 0,
      held: 0,
      sold: 8,
    });
  });

  test("webhooks that never come: the payment and the end of a refund are found anyway", async () => {
    const [unheard, returned] = await Promise.all([reserved(), reserved()]);
    await buyer.pay(returned, "pm_card_pendingRefund");
    await buyer.reaches(returned, ["fulfilled"]);
    await provider.faults({ webhooks: { drop: 1 } });
    expect((await buyer.pay(unheard)).body.status).toBe("succeeded");
    expect((await seller.post(`/api/orders/${returned}/refund`)).body).toMatchObject({
      status: "refunding",
      refund: { status: "pending" },
    });
    await Promise.all([buyer.reaches(unheard, ["fulfilled"], 20_000), buyer.reaches(returned, ["refunded"], 20_000)]);
    expect(await provider.refundsOf((await intentOf(returned)).id)).toHaveLength(1);
  });

  test("a webhook that is forged, stale or no JSON is refused and has no effect; the true one has it", async () => {
    const order = await reserved();
    await provider.faults({ webhooks: { drop: 1 } });
    await buyer.pay(order);
    const event = succeeded(await intentOf(order));
    expect(await provider.webhook(event, { secret: "whsec_forged" })).toBe(400);
    expect(await provider.webhook(event, { age: 301 })).toBe(400);
    expect(await provider.webhook("no JSON")).toBe(400);
    const unsigned = await buyer.post("/api/webhooks/stripe", event);
    expect(unsigned).toMatchObject({ status: 400, body: { type: "BAD_SIGNATURE" } });
    expect((await orderOf(order)).status).toBe("reserved");
    expect(await provider.webhook(event, { age: 290 })).toBe(200);
    // Well before the sweeper would have asked by itself.
    await buyer.reaches(order, ["fulfilled"], 5000);
  });

  test("a webhook is a hint: what it says of an unpaid intent is not believed, and other types are only acknowledged", async () => {
    const order = await reserved();
    await buyer.post(`/api/orders/${order}/pay`);
    const intent = await intentOf(order);
    expect(await provider.webhook(succeeded(intent))).toBe(200);
    expect(await provider.webhook(succeeded({ id: "pi_nobody_knows" }))).toBe(200);
    expect(await provider.webhook({ ...succeeded(intent, "evt_other"), type: "customer.created" })).toBe(200);
    expect((await orderOf(order)).status).toBe("reserved");
    await buyer.pay(order);
    expect((await buyer.reaches(order, ["fulfilled"])).lines[0].serials).toEqual([1]);
  });

  test("an intent of another shop is ignored", async () => {
    const order = await reserved();
    const foreign = await provider.pay(PRICE, { shop: "another", order, attempt: "1" });
    expect(await provider.webhook(succeeded(foreign, "evt_again"))).toBe(200);
    await buyer.pay(order);
    await buyer.reaches(order, ["fulfilled"]);
    expect(await provider.refundsOf(foreign.id)).toEqual([]);
  });

  test("money that is not the order's does not pay for it, and goes back: another amount, a second intent, an order of nobody", async () => {
    const order = await reserved();
    await buyer.post(`/api/orders/${order}/pay`);
    const { metadata, id } = await intentOf(order);
    const stray = async (amount: number, of = metadata) => {
      strays++;
      const paid = await provider.pay(amount, of);
      await repaid(paid);
      return paid;
    };
    await Promise.all([stray(PRICE - 1), stray(PRICE), stray(PRICE, { ...metadata, order: "nothing" })]);
    expect(await orderOf(order)).toMatchObject({ status: "reserved", paidAt: null });
    await buyer.pay(order);
    await buyer.reaches(order, ["fulfilled"]);
    const late = await stray(PRICE);
    await provider.webhook(succeeded(late, "evt_late"));
    expect(await orderOf(order)).toMatchObject({ status: "fulfilled", refund: null });
    expect(await provider.refundsOf(id)).toEqual([]);
    expect(shop.output).toContain("ALERT");
  });

  test("the provider is down when a buyer wants to pay: try again, then the same intent every time, and it is paid once", async () => {
    const [fresh, begun] = await Promise.all([reserved(), reserved()]);
    const before = await buyer.ok(buyer.post(`/api/orders/${begun}/pay`));
    await provider.faults({ api: { error: 1 } });
    for (const order of [fresh, begun]) {
      const refused = await buyer.post(`/api/orders/${order}/pay`);
      expect(refused).toMatchObject({ status: 503, body: { type: "TRY_AGAIN" } });
      expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    }
    await provider.faults({});
    expect(await buyer.ok(buyer.post(`/api/orders/${begun}/pay`))).toEqual(before);
    const asked = await Promise.all(Array.from({ length: 4 }, () => buyer.post(`/api/orders/${fresh}/pay`)));
    const answered = asked.filter(({ status }) => status === 200).map(({ body }) => body.clientSecret);
    expect(new Set(answered).size).toBe(1);
    const confirmed = await Promise.all([buyer.confirm(before), buyer.confirm(before), buyer.pay(fresh)]);
    expect(confirmed.map(({ status }) => status).toSorted()).toEqual([200, 200, 400]);
    for (const order of [fresh, begun]) {
      await buyer.reaches(order, ["fulfilled"]);
      expect((await intentOf(order)).status).toBe("succeeded");
    }
  });

  test("a refund is asked for by many at once: one refund", async () => {
    const order = await reserved();
    await buyer.pay(order);
    await buyer.reaches(order, ["fulfilled"]);
    const asked = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        seller.post(`/api/orders/${order}/refund`, {}, { "idempotency-key": `${n % 3}` }),
      ),
    );
    expect(new Set(asked.map(({ status, body }) => `${status} ${body.refund?.id}`)).size).toBe(1);
    expect(await buyer.reaches(order, ["refunded"])).toMatchObject({
      refund: { status: "succeeded", amount: { amount: PRICE } },
    });
    expect(await provider.refundsOf((await intentOf(order)).id)).toMatchObject([
      { status: "succeeded", amount: PRICE },
    ]);
    expect((await seller.post(`/api/orders/${order}/refund`)).body.status).toBe("refunded");
  });

  test("a refund races with the delivery: the money goes back once, and nobody keeps the goods", async () => {
    const item = await seller.sell({ kind: "keys", keys: ["K-1", "K-2", "K-3", "K-4", "K-5", "K-6"], price: PRICE });
    const orders = await Promise.all(Array.from({ length: 6 }, () => reserved(item)));
    await Promise.all(
      orders.map(async (id) => {
        const paying = buyer.pay(id);
        for (let refused = true; refused;)
          refused = (await seller.post(`/api/orders/${id}/refund`)).body.type === "NOT_REFUNDABLE";
        await paying;
        await buyer.reaches(id, ["refunded"]);
        expect(await provider.refundsOf((await intentOf(id)).id)).toMatchObject([
          { status: "succeeded", amount: PRICE },
        ]);
      }),
    );
    const { rows } = await buyer.ok(buyer.get("/api/library?pageSize=100"));
    const copies = rows.filter(({ itemId }: { itemId: string }) => itemId === item.id);
    expect(
      copies.filter(({ status, key }: { status: string; key: string | null }) => status !== "revoked" || key !== null),
    ).toEqual([]);
    expect((await buyer.ok(buyer.get(`/api/items/${item.id}`))).stock).toEqual({
      total: 0,
      available: 0,
      held: 0,
      sold: 0,
    });
  });

  test("the books on the disk agree with each other, but for the strays that the provider was made to bring", async () => {
    await shop.crash();
    const { faults } = await auditOf(shop.dir);
    expect(faults.map(({ rule }) => rule)).toEqual(Array(strays).fill("no payment goes astray"));
  });
});
