import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { auditOf } from "./audit.ts";
import type { Client } from "./client.ts";
import { KEYS } from "./provider.ts";
import { Shop } from "./shop.ts";

const WAITERS = 20;
const COPIES = 3;
const PASSERS_BY = 10;

/** Many who wait, few copies that come back, and a crowd that tries to be faster: over HTTP, in the process that `npm start` runs. */
describe("the waiting list under contention", () => {
  let shop: Shop;
  let seller: Client;

  beforeAll(async () => {
    shop = await Shop.start({ env: KEYS });
    seller = await shop.client().signUp("Sella");
  });
  afterAll(() => shop.stop());

  const people = (count: number) => Promise.all(Array.from({ length: count }, () => shop.client().signUp()));

  test("20 wait, 3 copies come back, passers-by hammer: exactly the first three in line get them", async () => {
    const { id } = await seller.sell({ stock: COPIES });
    const line = `/api/items/${id}/waitlist`;
    const [holders, waiters, passers] = [await people(COPIES), await people(WAITERS), await people(PASSERS_BY)];
    const held: string[] = [];
    for (const holder of holders) held.push((await holder.ok(holder.buy(id))).id);
    await Promise.all(waiters.map((waiter) => waiter.ok(waiter.put(line))));
    const places = await Promise.all(waiters.map((waiter) => waiter.ok(waiter.get(line))));
    const positions = places.map(({ position }: { position: number }) => position);
    expect(positions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: WAITERS }, (_, n) => n + 1));

    let hammering = true;
    const bought: number[] = [];
    const crowd = passers.map(async (passer) => {
      while (hammering) bought.push((await passer.buy(id)).status);
    });
    await Promise.all(holders.map((holder, n) => holder.ok(holder.post(`/api/orders/${held[n]}/cancel`))));
    const served = async () => {
      const now = await Promise.all(waiters.map((waiter) => waiter.ok(waiter.get(line))));
      return waiters.flatMap((_, n) => (now[n].orderId ? [positions[n]!] : [])).toSorted((a, b) => a - b);
    };
    for (const end = Date.now() + 15_000; (await served()).length < COPIES && Date.now() < end;) await sleep(50);
    hammering = false;
    await Promise.all(crowd);
    expect(await served()).toEqual([1, 2, 3]);
    expect(bought.length).toBeGreaterThan(PASSERS_BY);
    expect(new Set(bought)).toEqual(new Set([409]));
    const { stock } = await seller.ok(seller.get(`/api/items/${id}`));
    expect(stock).toEqual({ total: COPIES, available: 0, held: COPIES, sold: 0 });
  }, 60_000);

  test("a guest is known by the cookie that joining set, and hears that the copy is theirs to open", async () => {
    const { id } = await seller.sell({ kind: "unique" });
    const line = `/api/items/${id}/waitlist`;
    const holder = await shop.client().signUp();
    const order = await holder.ok(holder.buy(id));
    const [guest, other] = [shop.client(), shop.client()];
    const joined = await guest.ok(guest.put(line, { email: "gina@example.com" }));
    expect(joined).toMatchObject({ position: 1, token: expect.any(String) });
    // Whoever knows the address alone learns nothing that opens anything, and takes nobody's place away.
    expect(await other.ok(other.put(line, { email: "gina@example.com" }))).toEqual({ position: 1, orderId: null });
    expect((await other.delete(line)).status).toBe(204);
    expect(await guest.ok(guest.get(line))).toEqual({ position: 1, orderId: null, length: 1 });
    await holder.ok(holder.post(`/api/orders/${order.id}/cancel`));
    for (const end = Date.now() + 10_000; !(await guest.ok(guest.get(line))).orderId && Date.now() < end;)
      await sleep(25);
    const { orderId } = await guest.ok(guest.get(line));
    expect(await guest.reaches(orderId, ["reserved"])).toMatchObject({ granted: true, email: "gina@example.com" });
    expect((await other.get(`/api/orders/${orderId}`)).status).toBe(404);
  });

  test("a signed-in person hears at once, on their live stream, that a copy is held for them", async () => {
    const { id } = await seller.sell({ kind: "unique" });
    const [holder, waiter] = (await people(2)) as [Client, Client];
    const order = await holder.ok(holder.buy(id));
    await waiter.ok(waiter.put(`/api/items/${id}/waitlist`));
    const stop = new AbortController();
    const stream = await fetch(`${shop.url}/api/live?waitlist=1`, {
      headers: { cookie: waiter.cookie },
      signal: stop.signal,
    });
    let heard = "";
    const reading = (async () => {
      for await (const chunk of stream.body!) heard += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    await holder.ok(holder.post(`/api/orders/${order.id}/cancel`));
    for (const end = Date.now() + 5000; !heard.includes("event: granted") && Date.now() < end;) await sleep(10);
    stop.abort();
    await reading;
    const { orderId } = await waiter.ok(waiter.get(`/api/items/${id}/waitlist`));
    const data = /event: granted\ndata: (.*)\n/.exec(heard)?.[1] ?? "{}";
    expect(JSON.parse(data)).toEqual({ itemId: id, orderId, expiresAt: expect.any(String) });
    expect((await shop.client().get("/api/live?waitlist=1")).status).toBe(401);
  });

  test("the books agree with each other", async () => {
    await shop.crash();
    const { faults, counted } = await auditOf(shop.dir);
    expect(faults).toEqual([]);
    expect(counted["entries"]).toBe(WAITERS + 2);
  });
});
