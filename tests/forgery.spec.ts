import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { Client } from "./client.ts";
import { Shop } from "./shop.ts";

/** What a browser says of a request that a page of another site, a sister site or no site made it send. */
const ELSEWHERE: Record<string, string>[] = [
  { origin: "https://evil.example" },
  { origin: "null" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
];

/** What somebody may try who wants what is not theirs, over HTTP, in the process that `npm start` runs. */
describe("forgery", () => {
  let shop: Shop;
  let nobody: Client;
  let buyer: Client;
  let seller: Client;
  let item: string;
  let hold: string;

  const lines = () => [{ itemId: item, quantity: 1 }];
  const somebodysEmail = () => ({ email: `${randomUUID()}@example.com` });

  beforeAll(async () => {
    shop = await Shop.start();
    nobody = shop.client();
    [buyer, seller] = await Promise.all([shop.client().signUp(), shop.client().signUp()]);
    item = (await seller.sell({ kind: "unlimited" })).id;
    hold = (await buyer.ok(buyer.buy(item))).id;
  });
  afterAll(() => shop.stop());

  test("no seller buys their own item, of any kind, alone or among others", async () => {
    const kinds = await Promise.all([
      seller.sell({ stock: 2 }),
      seller.sell({ kind: "unique" }),
      seller.sell({ kind: "keys", keys: ["own"] }),
      seller.sell({ kind: "unlimited" }),
    ]);
    const wishes = [...kinds.map(({ id }) => [id]), kinds.map(({ id }) => id)];
    for (const wish of wishes) {
      const reply = await seller.order(
        wish.map((itemId) => ({ itemId, quantity: 1 })),
        somebodysEmail(),
        randomUUID(),
      );
      expect(reply).toMatchObject({ status: 403, body: { type: "OWN_ITEM" } });
    }
    for (const { id } of kinds.slice(0, 3))
      expect((await seller.ok(seller.get(`/api/items/${id}`))).stock.held).toBe(0);
  });

  test("a guest's token opens its order and no other", async () => {
    const [mine, other] = await Promise.all(
      [1, 2].map(async () => (await shop.client().order(lines(), somebodysEmail())).body),
    );
    const shown = async (token: string, id: string) =>
      (await shop.client().ask(`/api/orders/${id}`, { headers: { "order-token": token } })).status;
    const mac = mine.token.split(".")[1];
    expect(await shown(mine.token, mine.id)).toBe(200);
    for (const id of [other.id, hold]) expect(await shown(mine.token, id)).toBe(404);
    for (const id of [other.id, hold]) expect(await shown(`${id}.${mac}`, id)).toBe(404);
    for (const wrong of ["", ".", `.${mac.slice(1)}`, `.${"0".repeat(mac.length)}`])
      expect(await shown(mine.id + wrong, mine.id)).toBe(404);
    const cookie = `order_${other.id}=${mine.token}`;
    expect((await shop.client().ask(`/api/orders/${other.id}`, { headers: { cookie } })).status).toBe(404);
  });

  test("signed links give the file to whoever has them, and nothing once a letter is changed; revoked goods give none", async () => {
    const { id } = await buyer.ok(buyer.buy(item));
    await buyer.pay(id);
    await buyer.reaches(id, ["fulfilled"]);
    const copy = (await buyer.ok(buyer.get("/api/library"))).rows[0].id;
    const link = (await buyer.get(`/api/library/${copy}/files/book.txt`)).headers.get("location")!;
    expect(await nobody.get(link)).toMatchObject({ status: 200, body: "Once upon a time" });
    const { pathname, searchParams } = new URL(link, shop.url);
    const altered = ["e", "s", "t"].flatMap((field) => {
      const value = searchParams.get(field)!;
      return [value.replace(/.$/, (last) => (last === "1" ? "2" : "1")), `${value}0`, ""].map((other) => {
        const query = new URLSearchParams(searchParams);
        query.set(field, other);
        return `${pathname}?${query}`;
      });
    });
    altered.push(pathname, link.replace("book.txt", "book.html"), link.replace(/files\/./, "files/g"));
    for (const path of altered) expect(`${path} ${(await nobody.get(path)).body.type}`).toBe(`${path} LINK_EXPIRED`);

    await seller.ok(seller.post(`/api/orders/${id}/refund`));
    await buyer.reaches(id, ["refunded"]);
    expect(await buyer.get(`/api/library/${copy}/files/book.txt`)).toMatchObject({
      status: 403,
      body: { type: "FORBIDDEN" },
    });
    expect((await buyer.ok(buyer.get(`/api/library/${copy}`))).status).toBe("revoked");
  });

  test("a page of another site changes nothing, whatever the route; one's own page and scripts may", async () => {
    const changes = (await nobody.routes()).filter((route) => !/^GET |webhooks/.test(route));
    expect(changes.length).toBeGreaterThan(12);
    const see = async () => [
      (await buyer.get(`/api/orders/${hold}`)).body.status,
      (await seller.get(`/api/items/${item}`)).body,
    ];
    const before = await see();
    for (const route of changes) {
      const [method, template] = route.split(" ") as [string, string];
      const [who, id] = template.includes("orders") ? [buyer, hold] : [seller, item];
      const path = template.replace("{id}", id).replace("{filename}", "book.txt");
      for (const headers of ELSEWHERE) {
        const reply = await who.ask(path, { method, headers, ...(method !== "DELETE" && { body: {} }) });
        expect(`${route} ${reply.status} ${reply.body.type}`).toBe(`${route} 403 CROSS_SITE`);
      }
    }
    expect(await see()).toEqual(before);
    const own = { origin: shop.url, "sec-fetch-site": "same-origin" };
    expect((await seller.post(`/api/items/${item}/publish`, {}, own)).status).toBe(200);
    expect((await nobody.ask(`/api/items/${item}`, { headers: { origin: "https://evil.example" } })).status).toBe(200);
  });

  test("nobody gives themselves a role, a name of others, or a session", async () => {
    const account = () => ({ email: `${randomUUID()}@example.com`, password: "a long password", name: "Eve" });
    const eve = shop.client();
    for (const more of [{ roles: ["admin"] }, { role: "admin" }, { id: "1" }, { seller: true }])
      expect((await eve.post("/api/auth/signup", { ...account(), ...more })).status).toBe(422);
    const raw = `{"__proto__":{"roles":["admin"]},${JSON.stringify(account()).slice(1)}`;
    const headers = { "content-type": "application/json" };
    expect((await eve.ask("/api/auth/signup", { method: "POST", raw, headers })).status).toBe(422);
    await eve.signUp("Eve");
    const draft = { title: "Hers", description: "", price: { amount: 900, currency: "eur" }, kind: "unique" };
    const { id } = (await seller.ok(seller.get("/api/auth/me"))).user;
    for (const more of [{ seller: { id, name: "x" } }, { id: "mine" }, { status: "published" }, { state: "published" }])
      expect((await eve.post("/api/items", { ...draft, ...more })).status).toBe(422);
    for (const more of [{ user: { id } }, { buyer: id }, { idempotencyKey: "k" }, { state: "paid" }])
      expect((await eve.post("/api/orders", { lines: lines(), ...more })).status).toBe(422);
    expect((await eve.ok(eve.get("/api/auth/me"))).user.roles).toEqual(["buyer"]);

    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = part({ sub: id, name: "Eve", roles: ["admin"], iat: 1, exp: 9_999_999_999 });
    const sessions = [`${part({ alg: "none" })}.${claims}.`, `${part({ alg: "HS256" })}.${claims}.c2lnbmVk`];
    for (const session of sessions) {
      const cookie = `session=${session}; refresh=forged`;
      expect((await shop.client().ask("/api/auth/me", { headers: { cookie } })).body).toEqual({ user: null });
    }
  });
});
