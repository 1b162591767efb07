import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { auditOf } from "./audit.ts";
import type { Client } from "./client.ts";
import { KEYS, Provider } from "./provider.ts";
import { Shop } from "./shop.ts";

const HOLD_SECONDS = 3;
/** How soon after its deadline a hold has to be back on sale, ms. */
const BACK_WITHIN = 2000;

interface Held {
  id: string;
  item: string;
  expiresAt: number;
}

/** What happens at the end of a hold, in the process that `npm start` runs. */
describe("deadlines", () => {
  let shop: Shop;
  let provider: Provider;
  let seller: Client;
  let buyer: Client;
  let rival: Client;

  beforeAll(async () => {
    shop = await Shop.start({ env: { ...KEYS, HOLD_SECONDS: String(HOLD_SECONDS) } });
    provider = new Provider(shop.url);
    [seller, buyer, rival] = await Promise.all([
      shop.client().signUp(),
      shop.client().signUp(),
      shop.client().signUp(),
    ]);
  });
  afterAll(() => shop.stop());

  const stockOf = async (id: string) => (await seller.ok(seller.get(`/api/items/${id}`))).stock;
  const until = (at: number) => sleep(Math.max(0, at - Date.now()));
  const paying = (order: string) => buyer.ok(buyer.post(`/api/orders/${order}/pay`));

  /** The only copy of something, held. */
  const hold = async (): Promise<Held> => {
    const item = await seller.sell({ kind: "unique" });
    const { id, expiresAt } = await buyer.ok(buyer.buy(item.id));
    return { id, item: item.id, expiresAt: Date.parse(expiresAt) };
  };

  /** When the copy was seen to be free again. */
  const backOnSale = async (item: string): Promise<number> => {
    for (const end = Date.now() + 15_000; ; await sleep(10)) {
      if ((await stockOf(item)).available === 1) return Date.now();
      if (Date.now() > end) throw new Error(`${item} is not back on sale`);
    }
  };

  test("a hold that lapses is back on sale within 2 s, whether or not paying had begun", async () => {
    const [plain, begun, challenged] = await Promise.all([hold(), hold(), hold()]);
    const [payment] = await Promise.all([paying(begun.id), buyer.pay(challenged.id, "pm_card_threeDSecure2Required")]);
    await Promise.all(
      [plain, begun, challenged].map(async ({ id, item, expiresAt }) => {
        const back = await backOnSale(item);
        expect(back).toBeGreaterThanOrEqual(expiresAt);
        expect(back - expiresAt).toBeLessThanOrEqual(BACK_WITHIN);
        expect((await buyer.reaches(id, ["expired"])).expiresAt).toBe(new Date(expiresAt).toISOString());
      }),
    );
    expect(await buyer.confirm(payment)).toMatchObject({
      status: 400,
      body: { error: { code: "payment_intent_unexpected_state" } },
    });
    expect(await buyer.post(`/api/orders/${begun.id}/pay`)).toMatchObject({
      status: 409,
      body: { type: "ORDER_CLOSED" },
    });
    expect((await rival.buy(begun.item)).status).toBe(201);
  });

  test("also when the process was killed before the deadline and started again after it", async () => {
    const holds = await Promise.all([hold(), hold()]);
    await paying(holds[1]!.id);
    // By then nothing is under way that would wake the order up after the restart.
    await until(holds[0]!.expiresAt - 500);
    await shop.crash();
    await until(holds[1]!.expiresAt);
    shop = await shop.restart();
    const ready = Date.now();
    for (const { id, item } of holds) {
      expect((await backOnSale(item)) - ready).toBeLessThanOrEqual(BACK_WITHIN);
      await buyer.reaches(id, ["expired"]);
    }
  });

  test("paid in the last second, told after the deadline: honoured, and nobody else could have got the copy", async () => {
    await provider.faults({ webhooks: { delayMs: [4000, 4000] } });
    const { id, item, expiresAt } = await hold();
    const payment = await paying(id);
    await until(expiresAt - 900);
    const confirming = buyer.confirm(payment);
    const replies = new Set<string>();
    while (Date.now() < expiresAt + 500) replies.add((await rival.buy(item)).body.type);
    expect([...replies]).toEqual(["SOLD_OUT"]);
    expect((await confirming).body.status).toBe("succeeded");
    await buyer.reaches(id, ["fulfilled"]);
    expect(await stockOf(item)).toEqual({ total: 1, available: 0, held: 0, sold: 1 });
    await provider.faults({});
  });

  test("paying races closing: each order ends paid and delivered, or closed and free, never both, never neither", async () => {
    const item = await seller.sell({ stock: 14 });
    const orders = await Promise.all(
      Array.from({ length: 14 }, async () => {
        const { id, expiresAt } = await buyer.ok(buyer.buy(item.id));
        return { id, at: Date.parse(expiresAt), payment: await paying(id) };
      }),
    );
    // All around the deadline, ten milliseconds apart; the first and the last leave no doubt.
    const confirmed = await Promise.all(
      orders.map(async ({ id, at, payment }, n) => {
        if (n === 13) await buyer.reaches(id, ["expired"]);
        else await until(n === 0 ? 0 : at + (n - 4) * 10);
        return (await buyer.confirm(payment)).status;
      }),
    );
    const ends = await Promise.all(
      orders.map(async ({ id }, n) => {
        const { status, refund } = await buyer.reaches(id, ["fulfilled", "expired"]);
        const [intent, ...others] = await provider.intentsOf(id);
        expect({
          n,
          others,
          refund,
          intent: intent!.status,
          confirmed: confirmed[n],
          refunds: await provider.refundsOf(intent!.id),
        }).toEqual(
          status === "fulfilled"
            ? { n, others: [], refund: null, intent: "succeeded", confirmed: 200, refunds: [] }
            : { n, others: [], refund: null, intent: "canceled", confirmed: 400, refunds: [] },
        );
        return status;
      }),
    );
    expect([ends[0], ends[13]]).toEqual(["fulfilled", "expired"]);
    const sold = ends.filter((status) => status === "fulfilled").length;
    expect(await stockOf(item.id)).toEqual({ total: 14, available: 14 - sold, held: 0, sold });
  });

  test("the provider is down at the deadline: the order waits in closing, its copy held, and ends well", async () => {
    const [unpaid, paid] = await Promise.all([hold(), hold()]);
    const payment = await paying(paid.id);
    await paying(unpaid.id);
    await provider.faults({ webhooks: { drop: 1 } });
    await buyer.confirm(payment);
    await provider.faults({ webhooks: { drop: 1 }, api: { error: 1 } });
    for (const { id, item } of [unpaid, paid]) {
      await buyer.reaches(id, ["closing"]);
      expect((await rival.buy(item)).body.type).toBe("SOLD_OUT");
      expect((await stockOf(item)).held).toBe(1);
    }
    await provider.faults({});
    await Promise.all([buyer.reaches(unpaid.id, ["expired"]), buyer.reaches(paid.id, ["fulfilled"])]);
    expect((await rival.buy(unpaid.item)).status).toBe(201);
    expect((await stockOf(paid.item)).sold).toBe(1);
  });

  test("the provider hangs while a buyer cancels: closing is said in time, and it ends when the provider is back", async () => {
    const { id, item } = await hold();
    await paying(id);
    await provider.faults({ api: { hang: 1 } });
    const asked = Date.now();
    expect(await buyer.post(`/api/orders/${id}/cancel`)).toMatchObject({ status: 200, body: { status: "closing" } });
    expect(Date.now() - asked).toBeLessThan(5000);
    expect((await rival.buy(item)).body.type).toBe("SOLD_OUT");
    await provider.faults({});
    await buyer.reaches(id, ["cancelled"]);
    expect((await rival.buy(item)).status).toBe(201);
  });

  test("a provider that hangs keeps no hold waiting whose buyer never began to pay", async () => {
    const begun = await Promise.all(Array.from({ length: 20 }, hold));
    await Promise.all(begun.map(({ id }) => paying(id)));
    await provider.faults({ api: { hang: 1 } });
    // It lapses when all the others have been hanging for a while.
    await until(begun[0]!.expiresAt - HOLD_SECONDS * 1000 + 1500);
    const plain = await hold();
    expect((await backOnSale(plain.item)) - plain.expiresAt).toBeLessThanOrEqual(BACK_WITHIN);
    for (const { item } of begun) expect((await stockOf(item)).held).toBe(1);
    await provider.faults({});
    await Promise.all(begun.map(({ id }) => buyer.reaches(id, ["expired"])));
  });

  test("the books on the disk agree with each other, as a last kill -9 leaves them", async () => {
    await shop.crash();
    expect((await auditOf(shop.dir)).faults).toEqual([]);
  });
});
