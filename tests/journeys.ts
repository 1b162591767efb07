import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { Client } from "./client.ts";

/** A shop that people can go to. */
export interface Place {
  client(): Client;
  stop(): Promise<void>;
}

/** What people do in the shop, over HTTP alone: the same wherever and however it runs. */
export function journeys(open: () => Promise<Place>): void {
  let shop: Place;
  let seller: Client;
  let buyer: Client;

  beforeAll(async () => {
    shop = await open();
    seller = await shop.client().signUp("Sella");
    buyer = await shop.client().signUp("Buya");
  });
  afterAll(() => shop.stop());

  const stockOf = async (id: string) => (await buyer.ok(buyer.get(`/api/items/${id}`))).stock;
  const bought = async (id: string, quantity = 1) => {
    const order = await buyer.ok(buyer.buy(id, quantity));
    await buyer.pay(order.id);
    return buyer.reaches(order.id, ["fulfilled"]);
  };
  const goods = async (order: string) =>
    (await buyer.ok(buyer.get("/api/library?pageSize=100"))).rows.filter(
      (row: { orderId: string }) => row.orderId === order,
    );

  test("files: upload, buy, download whole and in parts, without a cookie", async () => {
    const item = await seller.sell({ kind: "unlimited" });
    const order = await bought(item.id);
    expect(order).toMatchObject({ status: "fulfilled", total: { amount: 1200, currency: "eur" }, paymentError: null });
    const [row] = await goods(order.id);
    expect(row).toMatchObject({
      status: "active",
      kind: "unlimited",
      serial: null,
      key: null,
      files: [{ filename: "book.txt", size: 16 }],
    });
    const link = await buyer.get(`/api/library/${encodeURIComponent(row.id)}/files/book.txt`);
    expect(link.status).toBe(302);
    const stranger = shop.client();
    const whole = await stranger.get(link.headers.get("location")!);
    expect(whole).toMatchObject({ status: 200, body: "Once upon a time" });
    expect(whole.headers.get("content-disposition")).toMatch(/^attachment/);
    const part = await stranger.ask(link.headers.get("location")!, { headers: { range: "bytes=5-8" } });
    expect(part).toMatchObject({ status: 206, body: "upon" });
    const altered = await stranger.get(link.headers.get("location")!.replace(/e=\d/, "e=9"));
    expect(altered).toMatchObject({ status: 403, body: { type: "LINK_EXPIRED" } });
  });

  test("unique: one copy, then sold out", async () => {
    const item = await seller.sell({ kind: "unique" });
    const order = await bought(item.id);
    expect(order.lines[0].serials).toEqual([1]);
    expect(await stockOf(item.id)).toEqual({ total: 1, available: 0, held: 0, sold: 1 });
    expect(await buyer.buy(item.id)).toMatchObject({
      status: 409,
      body: { type: "SOLD_OUT", data: { itemId: item.id, available: 0, held: 0, nextAt: null } },
    });
  });

  test("edition: several numbered copies of several items in one order, counted live", async () => {
    const [a, b] = [await seller.sell({ stock: 5 }), await seller.sell({ stock: 2, price: 900 })];
    const order = await buyer.ok(
      buyer.order(
        [
          { itemId: a.id, quantity: 3 },
          { itemId: b.id, quantity: 1 },
        ],
        { total: { amount: 4500, currency: "eur" } },
      ),
    );
    expect(await stockOf(a.id)).toEqual({ total: 5, available: 2, held: 3, sold: 0 });
    await buyer.pay(order.id);
    const { lines } = await buyer.reaches(order.id, ["fulfilled"]);
    expect(lines.map(({ serials }: { serials: number[] }) => serials)).toEqual([[1, 2, 3], [1]]);
    expect(await stockOf(a.id)).toEqual({ total: 5, available: 2, held: 0, sold: 3 });
    expect(await goods(order.id)).toHaveLength(4);
  });

  test("keys: each buyer sees their own, at once, and only after paying", async () => {
    const item = await seller.sell({ kind: "keys", keys: ["AAAA-1", "BBBB-2"] });
    const order = await bought(item.id);
    const [row] = await goods(order.id);
    expect(["AAAA-1", "BBBB-2"]).toContain(row.key);
    expect(row.serial).toBeNull();
    expect(await stockOf(item.id)).toEqual({ total: 2, available: 1, held: 0, sold: 1 });
  });

  test("a guest buys with an e-mail and reaches the order by token or cookie alone", async () => {
    const item = await seller.sell({ kind: "unlimited" });
    const guest = shop.client();
    const key = randomUUID();
    const lines = [{ itemId: item.id, quantity: 1 }];
    const reply = await guest.order(lines, { email: "guest@example.com" }, key);
    expect(reply.status).toBe(201);
    const { id, token } = reply.body;
    const elsewhere = shop.client();
    expect((await elsewhere.get(`/api/orders/${id}`)).status).toBe(404);
    elsewhere.token = token;
    expect((await elsewhere.get(`/api/orders/${id}`)).body).toMatchObject({ id, email: "guest@example.com" });
    expect((await guest.order(lines, { email: "guest@example.com" }, key)).status).toBe(200);
    await guest.pay(id);
    await guest.reaches(id, ["fulfilled"]);
    expect((await elsewhere.ok(elsewhere.get("/api/library"))).rows).toMatchObject([{ orderId: id, status: "active" }]);
    // By both at once it is still one copy.
    guest.token = token;
    expect((await guest.ok(guest.get("/api/library"))).rows).toHaveLength(1);
    expect((await shop.client().get("/api/library")).status).toBe(401);
  });

  test("a declined card keeps the hold, and another card pays", async () => {
    const item = await seller.sell();
    const order = await buyer.ok(buyer.buy(item.id));
    expect(await buyer.pay(order.id, "pm_card_chargeDeclined")).toMatchObject({
      status: 402,
      body: { error: { code: "card_declined" } },
    });
    const poll = async () => (await buyer.ok(buyer.get(`/api/orders/${order.id}`))).paymentError;
    for (let tries = 0; tries < 200 && !(await poll()); tries++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    expect(await poll()).toMatchObject({ code: "card_declined" });
    expect((await buyer.ok(buyer.get(`/api/orders/${order.id}`))).status).toBe("reserved");
    await buyer.pay(order.id);
    await buyer.reaches(order.id, ["fulfilled"]);
    expect(await buyer.post(`/api/orders/${order.id}/pay`)).toMatchObject({
      status: 409,
      body: { type: "ORDER_PAID" },
    });
  });

  test("3-D Secure: the bank's page ends it", async () => {
    const item = await seller.sell();
    const order = await buyer.ok(buyer.buy(item.id));
    const confirmed = await buyer.pay(order.id, "pm_card_threeDSecure2Required");
    expect(confirmed.body.status).toBe("requires_action");
    await buyer.ask(confirmed.body.next_action.redirect_to_url.url, {
      method: "POST",
      raw: new URLSearchParams({ result: "succeeded" }),
    });
    await buyer.reaches(order.id, ["fulfilled"]);
  });

  test("cancelled: the copy is back on sale, the intent is dead, and cancelling again is the same", async () => {
    const item = await seller.sell();
    const order = await buyer.ok(buyer.buy(item.id));
    const payment = await buyer.ok(buyer.post(`/api/orders/${order.id}/pay`));
    expect((await stockOf(item.id)).held).toBe(1);
    await buyer.ok(buyer.post(`/api/orders/${order.id}/cancel`));
    await buyer.reaches(order.id, ["cancelled"]);
    expect(await stockOf(item.id)).toEqual({ total: 1, available: 1, held: 0, sold: 0 });
    expect(await buyer.confirm(payment)).toMatchObject({
      status: 400,
      body: { error: { code: "payment_intent_unexpected_state" } },
    });
    expect(await buyer.post(`/api/orders/${order.id}/cancel`)).toMatchObject({
      status: 200,
      body: { status: "cancelled" },
    });
    expect(await buyer.post(`/api/orders/${order.id}/pay`)).toMatchObject({
      status: 409,
      body: { type: "ORDER_CLOSED" },
    });
  });

  test("refunded by the seller: money back, goods revoked, the copy retired", async () => {
    const item = await seller.sell({ kind: "keys", keys: ["CCCC-3"] });
    const order = await bought(item.id);
    expect(await buyer.post(`/api/orders/${order.id}/refund`)).toMatchObject({ status: 403 });
    expect(await seller.post(`/api/orders/${order.id}/refund`, { reason: "mistake" })).toMatchObject({
      status: 200,
      body: { refund: { reason: "mistake" } },
    });
    const refunded = await buyer.reaches(order.id, ["refunded"]);
    expect(refunded.refund).toMatchObject({ status: "succeeded", amount: order.total });
    expect(await goods(order.id)).toMatchObject([{ status: "revoked", key: null }]);
    expect(await stockOf(item.id)).toEqual({ total: 0, available: 0, held: 0, sold: 0 });
    expect(await buyer.post(`/api/orders/${order.id}/cancel`)).toMatchObject({
      status: 409,
      body: { type: "ORDER_PAID" },
    });
  });

  test("the timeline tells the order's life, oldest first", async () => {
    const item = await seller.sell();
    const order = await bought(item.id);
    const { events } = await buyer.ok(buyer.get(`/api/orders/${order.id}/timeline`));
    expect(events.map(({ type }: { type: string }) => type)).toEqual([
      "order.reserved",
      "order.paid",
      "order.fulfilled",
    ]);
  });

  test("refusals keep nothing: own item, mixed sellers, another price, unknown and retired items, the limit of one buyer", async () => {
    const other = await shop.client().signUp("Other");
    const [mine, theirs, limited] = [
      await seller.sell({ stock: 5 }),
      await other.sell({ stock: 5 }),
      await seller.sell({ stock: 5, perBuyer: 1 }),
    ];
    const refused = async (reply: Promise<{ status: number; body: { type: string } }>) => {
      const { status, body } = await reply;
      return `${status} ${body.type}`;
    };
    expect(await refused(seller.buy(mine.id))).toBe("403 OWN_ITEM");
    expect(
      await refused(
        buyer.order([
          { itemId: mine.id, quantity: 1 },
          { itemId: theirs.id, quantity: 1 },
        ]),
      ),
    ).toBe("409 MIXED_SELLERS");
    expect(
      await refused(buyer.order([{ itemId: mine.id, quantity: 1 }], { total: { amount: 999, currency: "eur" } })),
    ).toBe("409 PRICE_CHANGED");
    expect(await refused(buyer.buy("nothing"))).toBe("404 NOT_FOUND");
    expect(await refused(buyer.buy(limited.id, 2))).toBe("409 LIMIT_REACHED");
    await seller.ok(
      seller.post(`/api/items/${theirs.id}/retire`).then(() => other.post(`/api/items/${theirs.id}/retire`)),
    );
    expect(await refused(buyer.buy(theirs.id))).toBe("404 NOT_FOUND");
    expect(await refused(shop.client().buy(mine.id))).toBe("401 SIGN_IN_REQUIRED");
    for (const { id } of [mine, limited])
      expect(await stockOf(id)).toEqual({ total: 5, available: 5, held: 0, sold: 0 });
  });

  test("the same Idempotency-Key is one order, another body is refused", async () => {
    const item = await seller.sell({ stock: 5 });
    const key = randomUUID();
    const lines = [{ itemId: item.id, quantity: 1 }];
    const replies = await Promise.all(Array.from({ length: 6 }, () => buyer.order(lines, {}, key)));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 201]);
    expect((await stockOf(item.id)).held).toBe(1);
    expect(await buyer.order([{ itemId: item.id, quantity: 2 }], {}, key)).toMatchObject({
      status: 409,
      body: { type: "IDEMPOTENCY_KEY_REUSED" },
    });
  });
}
