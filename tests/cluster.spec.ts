import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { describeWith, testBroker } from "./broker.ts";
import type { Client } from "./client.ts";
import { KEYS } from "./provider.ts";
import { mongo, nats } from "./servers.ts";
import { Shop } from "./shop.ts";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describeWith(nats, "a shop of two processes", (natsServer) => {
  describeWith(mongo, "on NATS and MongoDB", (mongoServer) => {
    let front: Shop;
    let back: Shop;
    let seller: Client;
    let buyer: Client;
    let env: Record<string, string>;

    beforeAll(async () => {
      env = { ...KEYS, NATS_URL: natsServer().url, NAMESPACE: `two-${randomUUID().slice(0, 8)}` };
      env["MONGO_URL"] = `${mongoServer().url}/${env["NAMESPACE"]}`;
      front = await Shop.start({ env, services: "api,sandbox,auth,items,demo" }, { ready: false });
      const shared = { ...env, PUBLIC_URL: front.url, API_URL: front.url };
      const services = "orders,inventory,payments,delivery,expiration,audit";
      back = await Shop.start({ env: shared, dir: front.dir, services });
      await front.answers();
      seller = await front.client().signUp("Sella");
      buyer = await front.client().signUp("Buya");
    }, 60_000);
    afterAll(async () => {
      await back?.stop();
      await front?.stop();
    });

    const stockOf = async (id: string) => (await buyer.ok(buyer.get(`/api/items/${id}`))).stock;
    const goods = async (order: string) =>
      (await buyer.ok(buyer.get("/api/library"))).rows.filter(({ orderId }: { orderId: string }) => orderId === order);

    test("files: listed, uploaded, bought, paid, downloaded; live on the screen all the while", async () => {
      const item = await seller.sell({ kind: "unlimited" });
      const order = await buyer.ok(buyer.reserve(item.id));
      const watching = new AbortController();
      const headers = { cookie: buyer.cookie };
      const live = await fetch(`${front.url}/api/live?orders=${order.id}`, { headers, signal: watching.signal });
      await buyer.pay(order.id);
      const states: string[] = [];
      for await (const chunk of live.body!.pipeThrough(new TextDecoderStream())) {
        for (const [, data] of chunk.matchAll(/event: order\ndata: (.*)/g)) states.push(JSON.parse(data!).status);
        if (states.includes("fulfilled")) break;
      }
      expect([states[0], states.at(-1)]).toEqual(["reserved", "fulfilled"]);
      watching.abort();

      const fulfilled = await buyer.ok(buyer.get(`/api/orders/${order.id}`));
      for (const time of [fulfilled.createdAt, fulfilled.expiresAt, fulfilled.paidAt, fulfilled.now])
        expect(time).toMatch(ISO);
      expect(fulfilled).toMatchObject({
        total: { amount: 1200, currency: "eur" },
        email: null,
        closedAt: null,
        refund: null,
      });
      expect(fulfilled.seller).toEqual({ id: expect.any(String), name: "Sella" });
      const [row] = await goods(order.id);
      expect(row).toMatchObject({
        serial: null,
        key: null,
        files: [{ filename: "book.txt", size: 16 }],
        status: "active",
      });
      const link = await buyer.get(`/api/library/${encodeURIComponent(row.id)}/files/book.txt`);
      expect(await front.client().get(link.headers.get("location")!)).toMatchObject({
        status: 200,
        body: "Once upon a time",
      });
      const { events } = await buyer.ok(buyer.get(`/api/orders/${order.id}/timeline`));
      expect(events.map(({ type }: { type: string }) => type)).toEqual([
        "order.reserved",
        "order.paid",
        "order.fulfilled",
      ]);
      for (const { at } of events) expect(at).toMatch(ISO);
    });

    test("keys: sold, shown to the buyer alone, refunded and withdrawn", async () => {
      const item = await seller.sell({ kind: "keys", keys: ["ÄÖÜ-1 🗝"] });
      const order = await buyer.ok(buyer.reserve(item.id));
      await buyer.pay(order.id);
      await buyer.reaches(order.id, ["fulfilled"]);
      expect(await goods(order.id)).toMatchObject([{ key: "ÄÖÜ-1 🗝", serial: null }]);
      await seller.ok(seller.post(`/api/orders/${order.id}/refund`, { reason: "mistake" }));
      const { refund } = await buyer.reaches(order.id, ["refunded"]);
      expect(refund).toMatchObject({ status: "succeeded", reason: "mistake", createdAt: expect.stringMatching(ISO) });
      expect(await goods(order.id)).toMatchObject([{ key: null, status: "revoked" }]);
    });

    test("errors cross the wire with their status and their data", async () => {
      const [item, limited] = [await seller.sell(), await seller.sell({ stock: 5, perBuyer: 2 })];
      const held = await buyer.ok(buyer.reserve(item.id));
      const soldOut = { itemId: item.id, available: 0, held: 1, nextAt: held.expiresAt };
      const other = await front.client().signUp("Other");
      expect(await other.buy(item.id)).toMatchObject({ status: 409, body: { type: "SOLD_OUT", data: soldOut } });
      expect((await buyer.ok(buyer.get(`/api/items/${item.id}`))).nextAt).toBe(held.expiresAt);
      const limit = { itemId: limited.id, limit: 2 };
      expect(await buyer.buy(limited.id, 3)).toMatchObject({
        status: 409,
        body: { type: "LIMIT_REACHED", data: limit },
      });
      const total = { amount: 1100, currency: "eur" };
      const changed = await buyer.order([{ itemId: limited.id, quantity: 1 }], { total });
      expect(changed).toMatchObject({
        status: 409,
        body: { type: "PRICE_CHANGED", data: { total: { ...total, amount: 1200 } } },
      });
      expect(await other.get(`/api/orders/${held.id}`)).toMatchObject({ status: 404, body: { type: "NOT_FOUND" } });
      expect(await seller.buy(limited.id)).toMatchObject({ status: 403, body: { type: "OWN_ITEM" } });
      const invalid = await buyer.order([{ itemId: item.id, quantity: 0 }]);
      expect(invalid).toMatchObject({ status: 422, body: { data: [{ field: "lines.0.quantity", rule: "minimum" }] } });

      const payment = await buyer.ok(buyer.post(`/api/orders/${held.id}/pay`));
      await buyer.ok(buyer.post(`/api/orders/${held.id}/cancel`));
      await buyer.reaches(held.id, ["cancelled"]);
      const refused = { status: 400, body: { error: { code: "payment_intent_unexpected_state" } } };
      expect(await buyer.confirm(payment)).toMatchObject(refused);
      expect(await buyer.post(`/api/orders/${held.id}/pay`)).toMatchObject({
        status: 409,
        body: { type: "ORDER_CLOSED" },
      });
      expect(await stockOf(item.id)).toEqual({ total: 1, available: 1, held: 0, sold: 0 });
    });

    test("what an action says of its reply crosses too: a replayed key is 200, a guest's token opens the order", async () => {
      const item = await seller.sell({ stock: 3 });
      const [guest, key] = [front.client(), randomUUID()];
      const order = () => guest.order([{ itemId: item.id, quantity: 1 }], { email: "Guest@Example.com" }, key);
      const first = await order();
      const again = await order();
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.body).toMatchObject({ id: first.body.id, email: "guest@example.com", token: first.body.token });
      const elsewhere = front.client();
      elsewhere.token = first.body.token;
      expect((await elsewhere.get(`/api/orders/${first.body.id}`)).status).toBe(200);
      expect((await front.client().get(`/api/orders/${first.body.id}`)).status).toBe(404);
    });

    test("a process without the gateway has its probes and its measures on its own port", async () => {
      const probe = async (path: string) => {
        const response = await fetch(back.url + path);
        return [response.status, await response.text()];
      };
      expect(await probe("/live")).toEqual([200, "ok\n"]);
      expect(await probe("/ready")).toEqual([200, "ok\n"]);
      expect((await probe("/metrics"))[1]).toMatch(
        /holdfast_action_seconds_count\{action="orders\.create",result="ok"\} \d/,
      );
      expect((await probe("/api/items"))[0]).toBe(404);
    });

    test("without its other half the gateway asks for patience, and a purchase goes on where it was", async () => {
      const item = await seller.sell({ stock: 2 });
      const order = await buyer.ok(buyer.reserve(item.id));
      const payment = await buyer.ok(buyer.post(`/api/orders/${order.id}/pay`));
      await back.crash();
      expect((await buyer.confirm(payment)).body.status).toBe("succeeded");
      const away = await buyer.get(`/api/orders/${order.id}`);
      expect([away.status, away.body.type]).toEqual([503, "TRY_AGAIN"]);
      expect(Number(away.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await fetch(`${front.url}/ready`)).status).toBe(200);
      back = await back.restart();
      await buyer.reaches(order.id, ["fulfilled"]);
    }, 60_000);

    test("an operator's node finds the books in order; both processes stop at once when told to", async () => {
      const { broker, stop } = testBroker({ env: { NATS_URL: env["NATS_URL"], NAMESPACE: env["NAMESPACE"] } });
      await broker.start();
      await broker.waitForServices("audit", 10_000);
      const audited = await broker.call<{ faults: object[] }, object>("audit.run", {}, { timeout: 20_000 });
      expect(audited.faults).toEqual([]);
      await stop();
      expect(
        await Promise.race([Promise.all([back.interrupt(), front.interrupt()]), sleep(5000, "late", { ref: false })]),
      ).toEqual([0, 0]);
    });
  });
});
