import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { auditOf } from "./audit.ts";
import type { Client, Reply } from "./client.ts";
import { KEYS } from "./provider.ts";
import { Shop } from "./shop.ts";

interface Line {
  itemId: string;
  quantity: number;
}

/** Many people and few copies, over HTTP, in the process that `npm start` runs. */
describe("contention", () => {
  let shop: Shop;
  let seller: Client;

  beforeAll(async () => {
    shop = await Shop.start({ env: KEYS });
    seller = await shop.client().signUp("Sella");
  });
  afterAll(() => shop.stop());

  const stockOf = async (id: string) => (await seller.ok(seller.get(`/api/items/${id}`))).stock;
  const one = (itemId: string): Line[] => [{ itemId, quantity: 1 }];

  /** Somebody without an account: a browser of their own, an address and an Idempotency-Key. */
  const guest = (email = `${randomUUID()}@example.com`) => {
    const client = shop.client();
    const key = randomUUID();
    // "Undecided" is an answer too under load: the same key asks again for the verdict.
    const order = async (lines: Line[]): Promise<Reply> => {
      const reply = await client.order(lines, { email }, key);
      return reply.status === 503 ? order(lines) : reply;
    };
    return { client, order };
  };
  const verdictOf = ({ body }: Reply): string => body.status ?? body.type;
  const tally = (replies: Reply[]) =>
    Object.fromEntries(
      Map.groupBy(replies.map(verdictOf), (verdict) => verdict)
        .entries()
        .map(([verdict, all]) => [verdict, all.length]),
    );

  test("500 buyers at once, 50 copies: 50 orders, 450 refusals, 50 serials, and never a copy too many", async () => {
    const item = await seller.sell({ stock: 50 });
    const buyers = Array.from({ length: 500 }, () => guest());
    let rushing = true;
    const watch = (async () => {
      while (rushing) {
        const { total, available, held, sold } = await stockOf(item.id);
        expect([total, available + held + sold]).toEqual([50, 50]);
      }
    })();
    const replies = await Promise.all(buyers.map((buyer) => buyer.order(one(item.id))));
    rushing = false;
    await watch;
    expect(tally(replies)).toEqual({ reserved: 50, SOLD_OUT: 450 });
    expect(await stockOf(item.id)).toEqual({ total: 50, available: 0, held: 50, sold: 0 });

    const winners = buyers.filter((_, n) => replies[n]!.body.status === "reserved");
    const orders = replies.filter(({ body }) => body.status === "reserved").map(({ body }) => body.id as string);
    const paid = await Promise.all(
      winners.map(async ({ client }, n) => {
        expect((await client.pay(orders[n]!)).body.status).toBe("succeeded");
        return client.reaches(orders[n]!, ["fulfilled"]);
      }),
    );
    const serials: number[] = paid.flatMap(({ lines }) => lines[0].serials);
    expect(serials.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(await stockOf(item.id)).toEqual({ total: 50, available: 0, held: 0, sold: 50 });
  });

  test("orders of several lines race for the same items in every order: all or nothing, and nothing stays held", async () => {
    const items = await Promise.all(Array.from({ length: 3 }, () => seller.sell({ stock: 8 })));
    const [a, b, c] = items.map(({ id }) => id) as [string, string, string];
    const ways = [
      [a, b, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
      [b, a, c],
      [a, c, b],
    ];
    const buyers = Array.from({ length: 36 }, () => guest());
    const wishes = buyers.map((_, n) => ways[n % 6]!.map((itemId, at) => ({ itemId, quantity: 1 + ((n + at) % 3) })));
    const replies = await Promise.all(buyers.map((buyer, n) => buyer.order(wishes[n]!)));
    const won = replies.flatMap(({ body }, n) => (body.status === "reserved" ? [{ n, id: body.id as string }] : []));
    expect(won.length).toBeGreaterThan(0);
    expect(tally(replies)).toEqual({ reserved: won.length, SOLD_OUT: 36 - won.length });
    for (const id of [a, b, c]) {
      const held = won
        .flatMap(({ n }) => wishes[n]!)
        .reduce((sum, { itemId, quantity }) => sum + (itemId === id ? quantity : 0), 0);
      expect(await stockOf(id)).toEqual({ total: 8, available: 8 - held, held, sold: 0 });
    }

    await Promise.all(
      won.map(async ({ n, id }) => {
        await buyers[n]!.client.ok(buyers[n]!.client.post(`/api/orders/${id}/cancel`));
        await buyers[n]!.client.reaches(id, ["cancelled"]);
      }),
    );
    for (const id of [a, b, c]) expect(await stockOf(id)).toEqual({ total: 8, available: 8, held: 0, sold: 0 });
    expect(verdictOf(await guest().order([a, b, c].map((itemId) => ({ itemId, quantity: 8 }))))).toBe("reserved");
  });

  test("an order that is asked for several times at once takes no copy away from anybody", async () => {
    for (let round = 0; round < 10; round++) {
      const item = await seller.sell({ stock: 2 });
      const [ann, bob] = [guest(), guest()];
      const replies = await Promise.all([
        ann.order(one(item.id)),
        ann.order(one(item.id)),
        bob.order(one(item.id)),
        ann.order(one(item.id)),
      ]);
      expect(tally(replies)).toEqual({ reserved: 4 });
      expect(new Set(replies.map(({ body }) => body.id)).size).toBe(2);
      expect(await stockOf(item.id)).toEqual({ total: 2, available: 0, held: 2, sold: 0 });
    }
  });

  test("who asks for more than there is hears what there is, and holds none of it", async () => {
    const item = await seller.sell({ stock: 5 });
    await guest().order([{ itemId: item.id, quantity: 2 }]);
    const refused = (available: number, held: number) => ({
      status: 409,
      body: { type: "SOLD_OUT", data: { itemId: item.id, available, held } },
    });
    expect(await guest().order([{ itemId: item.id, quantity: 4 }])).toMatchObject(refused(3, 2));
    expect(verdictOf(await guest().order([{ itemId: item.id, quantity: 3 }]))).toBe("reserved");
    expect(await guest().order(one(item.id))).toMatchObject(refused(0, 5));
  });

  test("a limit of one holds for two orders at once: of a user, and of a guest whatever the case of the e-mail", async () => {
    const item = await seller.sell({ stock: 10, perBuyer: 1 });
    const user = await shop.client().signUp();
    const [first, second] = [guest("Ann.Other@Example.com"), guest("ann.other@example.COM")];
    const twice = await Promise.all([user.buy(item.id), user.buy(item.id)]);
    expect(tally(twice)).toEqual({ reserved: 1, LIMIT_REACHED: 1 });
    const asGuest = await Promise.all([first.order(one(item.id)), second.order(one(item.id))]);
    expect(tally(asGuest)).toEqual({ reserved: 1, LIMIT_REACHED: 1 });
    expect(asGuest.find(({ status }) => status === 409)!.body.data).toEqual({ itemId: item.id, limit: 1 });
    expect((await stockOf(item.id)).held).toBe(2);

    const held = twice.find(({ status }) => status === 201)!.body.id;
    await user.post(`/api/orders/${held}/cancel`);
    await user.reaches(held, ["cancelled"]);
    expect(verdictOf(await user.buy(item.id))).toBe("reserved");
    expect(verdictOf(await user.buy(item.id))).toBe("LIMIT_REACHED");
  });

  test("an Idempotency-Key is one order or one refusal: at once, later, and after kill -9 in the middle of it", async () => {
    const [item, last] = [await seller.sell({ stock: 9 }), await seller.sell({ kind: "unique" })];
    const winner = guest();
    const loser = guest();
    const lines = [{ itemId: item.id, quantity: 2 }];
    const email = "same@example.com";
    const key = randomUUID();
    const ask = (wanted = lines) => shop.client().order(wanted, { email }, key);

    const replies = await Promise.all(Array.from({ length: 8 }, () => ask()));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const { id } = replies[0]!.body;
    expect(verdictOf(await winner.order(one(last.id)))).toBe("reserved");
    const refused = await loser.order(one(last.id));
    expect(refused).toMatchObject({
      status: 409,
      body: { type: "SOLD_OUT", data: { itemId: last.id, available: 0, held: 1 } },
    });
    // The copy comes back, the refusal stays: it is the answer to this key.
    const bought = (await winner.order(one(last.id))).body.id;
    await winner.client.post(`/api/orders/${bought}/cancel`);
    await winner.client.reaches(bought, ["cancelled"]);

    const again = async () => {
      for (const reply of [...replies, await ask()]) expect(reply.body).toMatchObject({ id, status: "reserved" });
      expect((await ask()).status).toBe(200);
      expect(await ask([{ itemId: item.id, quantity: 3 }])).toMatchObject({
        status: 409,
        body: { type: "IDEMPOTENCY_KEY_REUSED" },
      });
      expect(await loser.order(one(last.id))).toMatchObject({ status: 409, body: refused.body });
      expect(await stockOf(item.id)).toEqual({ total: 9, available: 7, held: 2, sold: 0 });
    };
    await again();
    // The next order dies with its copy held, before anybody is told.
    shop = await shop.restart({ CRASH_AT: "orders.reserved" });
    await again();
    const unanswered = guest();
    await expect(unanswered.order(one(last.id))).rejects.toThrow();
    shop = await shop.restart({ CRASH_AT: undefined });
    await again();
    expect(await unanswered.order(one(last.id))).toMatchObject({ status: 200, body: { status: "reserved" } });
    expect(await stockOf(last.id)).toEqual({ total: 1, available: 0, held: 1, sold: 0 });
  });

  test("the books on the disk agree with each other, as a last kill -9 leaves them", async () => {
    await shop.crash();
    const { faults, counted } = await auditOf(shop.dir);
    expect(faults).toEqual([]);
    expect(counted).toMatchObject({ entitlements: 50 });
  });
});
