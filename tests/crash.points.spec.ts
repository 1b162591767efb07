import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { auditOf } from "./audit.ts";
import type { Client } from "./client.ts";
import { KEYS, Provider } from "./provider.ts";
import { Shop } from "./shop.ts";
import { Smtp } from "./smtp.ts";

const SERVICES = join(import.meta.dirname, "..", "services");

/** The places where services can be told to die: each is between an effect and the next step. */
const points = readdirSync(SERVICES, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .flatMap((name) => [...readFileSync(join(SERVICES, name), "utf8").matchAll(/crashPoint\("([\w.]+)"\)/g)])
  .map(([, point]) => point!);

describe("kill -9 between one write and the next", () => {
  let smtp: Smtp;
  let shop: Shop;
  let seller: Client;
  let buyer: Client;
  const visited: string[] = [];
  beforeAll(async () => {
    smtp = await Smtp.start();
    shop = await Shop.start({ env: { ...KEYS, SMTP_URL: smtp.url } });
    seller = await shop.client().signUp("Sella");
    buyer = await shop.client().signUp("Buya");
  });
  afterAll(async () => {
    await shop.stop();
    await smtp.close();
  });

  const stockOf = async (id: string) => (await buyer.ok(buyer.get(`/api/items/${id}`))).stock;
  const lines = (itemId: string) => [{ itemId, quantity: 1 }];

  /** Dies at the point while `act` is on its way, and starts again. */
  async function dyingAt(point: string, act: () => Promise<unknown>): Promise<void> {
    // Nothing is left over that could come by that point before its turn.
    await shop.interrupt();
    shop = await shop.restart({ CRASH_AT: point });
    await act().catch(() => null);
    expect(await Promise.race([shop.ended, sleep(10_000, "it lives on", { ref: false })])).toBe(null);
    shop = await shop.restart({ CRASH_AT: undefined });
    visited.push(point);
  }

  // The letters of what comes later are no part of this, so theirs is the first.
  test.each(["mail.sent", "inbox.kept", "orders.paid", "orders.sold", "orders.granted"])(
    "paid, then %s",
    async (point) => {
      const item = await seller.sell({ kind: "keys", keys: [`KEY-${point}`] });
      const { id } = await buyer.ok(buyer.buy(item.id));
      await dyingAt(point, () => buyer.pay(id));
      await buyer.reaches(id, ["fulfilled"]);
      const { rows } = await buyer.ok(buyer.get("/api/library"));
      expect(rows.filter(({ orderId }: { orderId: string }) => orderId === id)).toMatchObject([
        { key: `KEY-${point}` },
      ]);
    },
  );

  test.each(["orders.created", "orders.reserved"])(
    "ordered, then %s: the same key gives the one order",
    async (point) => {
      const item = await seller.sell({ stock: 2 });
      const key = randomUUID();
      const order = () => buyer.order(lines(item.id), {}, key);
      await dyingAt(point, order);
      const { status, body } = await order();
      expect([status, body.status]).toEqual([200, "reserved"]);
      expect((await order()).body.id).toBe(body.id);
      expect(await stockOf(item.id)).toEqual({ total: 2, available: 1, held: 1, sold: 0 });
      await buyer.pay(body.id);
      await buyer.reaches(body.id, ["fulfilled"]);
    },
  );

  test("about to pay, then payments.opened: the same payment is handed out again", async () => {
    const item = await seller.sell();
    const { id } = await buyer.ok(buyer.buy(item.id));
    await dyingAt("payments.opened", () => buyer.post(`/api/orders/${id}/pay`));
    expect((await buyer.pay(id)).body.status).toBe("succeeded");
    await buyer.reaches(id, ["fulfilled"]);
    expect(await new Provider(shop.url).intentsOf(id)).toMatchObject([{ status: "succeeded" }]);
  });

  test.each(["orders.closing", "payments.closed", "orders.closed", "orders.released"])(
    "cancelled, then %s",
    async (point) => {
      const item = await seller.sell({ perBuyer: 1 });
      const { id } = await buyer.ok(buyer.buy(item.id));
      await buyer.ok(buyer.post(`/api/orders/${id}/pay`));
      await dyingAt(point, () => buyer.post(`/api/orders/${id}/cancel`));
      await buyer.reaches(id, ["cancelled"]);
      expect(await stockOf(item.id)).toEqual({ total: 1, available: 1, held: 0, sold: 0 });
      expect(await new Provider(shop.url).intentsOf(id)).toMatchObject([{ status: "canceled" }]);
      expect((await buyer.buy(item.id)).status).toBe(201);
    },
  );

  test("refunded, then payments.refunded: repaid once", async () => {
    const item = await seller.sell();
    const { id } = await buyer.ok(buyer.buy(item.id));
    await buyer.pay(id);
    await buyer.reaches(id, ["fulfilled"]);
    await dyingAt("payments.refunded", () => seller.post(`/api/orders/${id}/refund`));
    await buyer.reaches(id, ["refunded"]);
    const provider = new Provider(shop.url);
    const [intent] = await provider.intentsOf(id);
    expect(await provider.refundsOf(intent!.id)).toMatchObject([{ status: "succeeded", amount: 1200 }]);
  });

  const WAITING = ["inventory.returning", "waitlist.granting", "waitlist.held", "waitlist.granted", "waitlist.told"];
  test.each(["waitlist.joining", ...WAITING])(
    "waited for, then %s: who waits gets the copy, once, and nobody else before",
    async (point) => {
      const item = await seller.sell({ kind: "unique" });
      const holder = await shop.client().signUp();
      const { id } = await holder.ok(holder.buy(item.id));
      const line = `/api/items/${item.id}/waitlist`;
      const cancel = () => holder.post(`/api/orders/${id}/cancel`);
      if (point === "waitlist.joining") {
        await dyingAt(point, () => buyer.put(line));
        await buyer.ok(buyer.put(line));
        await cancel();
      } else {
        await buyer.ok(buyer.put(line));
        await dyingAt(point, cancel);
      }
      const place = () => buyer.ok(buyer.get(line));
      for (const end = Date.now() + 15_000; !(await place()).orderId && Date.now() < end;) {
        expect((await seller.buy(item.id)).status).not.toBe(201);
        await sleep(100);
      }
      const { orderId } = await place();
      expect(await buyer.ok(buyer.get(`/api/orders/${orderId}`))).toMatchObject({ status: "reserved", granted: true });
      expect((await holder.buy(item.id)).body.type).toBe("SOLD_OUT");
      await buyer.pay(orderId);
      await buyer.reaches(orderId, ["fulfilled"]);
      const { rows } = await buyer.ok(buyer.get("/api/orders"));
      const ours = rows.filter(({ lines: [line] }: { lines: { itemId: string }[] }) => line!.itemId === item.id);
      expect(ours).toHaveLength(1);
    },
    30_000,
  );

  test("put on sale, then items.publishing: it is on sale by itself, with all its copies", async () => {
    const draft = {
      title: "Thing",
      description: "",
      kind: "edition",
      stock: 40,
      price: { amount: 900, currency: "eur" },
    };
    const { id } = await seller.ok(seller.post("/api/items", draft));
    await dyingAt("items.publishing", () => seller.post(`/api/items/${id}/publish`));
    const status = async () => (await seller.ok(seller.get(`/api/items/${id}`))).status;
    for (const end = Date.now() + 15_000; (await status()) !== "published" && Date.now() < end;) await sleep(100);
    expect(await status()).toBe("published");
    expect(await stockOf(id)).toEqual({ total: 40, available: 40, held: 0, sold: 0 });
  });

  test("afterwards the books agree with each other, and no point was left out", async () => {
    expect(visited.toSorted()).toEqual(points.toSorted());
    await shop.crash();
    expect((await auditOf(shop.dir)).faults).toEqual([]);
  });
});
