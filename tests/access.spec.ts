import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { Ask, Client } from "./client.ts";
import { Shop } from "./shop.ts";

const ADMIN = "admin@example.com";
const PEOPLE = ["nobody", "stranger", "guest", "buyer", "seller"] as const;

/**
 * Every route with an id: the thing it is asked for, what is sent, and what each of PEOPLE gets. The guest bought
 * something else; the stranger is a seller of something else. A dash: it is theirs, and asked for further down.
 */
const REFUSALS: [route: string, thing: string, send: Ask, statuses: string][] = [
  ["GET /api/items/{id}", "draft", {}, "404 404 404 404 -"],
  ["GET /covers/{id}.svg", "draft", {}, "404 404 404 404 -"],
  ["PATCH /api/items/{id}", "draft", { body: { title: "Mine now" } }, "401 404 401 404 -"],
  ["PATCH /api/items/{id}", "item", { body: { price: { amount: 50, currency: "eur" } } }, "401 404 401 404 -"],
  ["POST /api/items/{id}/keys", "keys", { body: { keys: ["planted"] } }, "401 404 401 404 -"],
  ["POST /api/items/{id}/publish", "draft", {}, "401 404 401 404 -"],
  ["POST /api/items/{id}/retire", "item", {}, "401 404 401 404 -"],
  ["PUT /api/items/{id}/files/{filename}", "item", { raw: "malware" }, "401 404 401 404 -"],
  ["DELETE /api/items/{id}/files/{filename}", "item", {}, "401 404 401 404 -"],
  ["GET /api/items/{id}/uploads/{filename}?total=9", "item", {}, "401 404 401 404 -"],
  ["PUT /api/items/{id}/cover", "item", { raw: "a picture" }, "401 404 401 404 -"],
  ["DELETE /api/items/{id}/cover", "item", {}, "401 404 401 404 -"],
  ["GET /og/{id}.png", "draft", {}, "404 404 404 404 404"],
  ["GET /api/orders/{id}", "order", {}, "404 404 404 - -"],
  ["GET /api/orders/{id}", "guestOrder", {}, "404 404 404 404 -"],
  ["GET /api/orders/{id}/timeline", "order", {}, "404 404 404 - -"],
  ["GET /api/orders/{id}/timeline", "guestOrder", {}, "404 404 404 404 -"],
  ["POST /api/orders/{id}/pay", "hold", {}, "404 404 404 - 404"],
  ["POST /api/orders/{id}/pay", "guestHold", {}, "404 404 404 404 404"],
  ["POST /api/orders/{id}/cancel", "hold", {}, "404 404 404 - 404"],
  ["POST /api/orders/{id}/cancel", "guestHold", {}, "404 404 404 404 404"],
  ["POST /api/orders/{id}/refund", "order", {}, "401 404 401 403 -"],
  ["POST /api/orders/{id}/refund", "guestOrder", {}, "401 404 401 404 -"],
  ["GET /api/live?orders={id}", "order", {}, "404 404 404 - -"],
  ["GET /api/live?orders={id}", "guestOrder", {}, "404 404 404 404 -"],
  ["GET /api/library/{id}", "copy", {}, "404 404 404 - 404"],
  ["GET /api/library/{id}", "keyCopy", {}, "404 404 404 - 404"],
  ["GET /api/library/{id}", "guestCopy", {}, "404 404 404 404 404"],
  ["GET /api/library/{id}/files/{filename}", "copy", {}, "404 404 404 - 404"],
  ["GET /api/library/{id}/files/{filename}", "guestCopy", {}, "404 404 404 404 404"],
  ["DELETE /api/auth/sessions/{id}", "session", {}, "401 404 401 404 404"],
  ["PUT /api/wishlist/{itemId}", "draft", {}, "401 404 401 404 404"],
  ["PUT /api/items/{id}/waitlist", "draft", {}, "401 404 401 404 404"],
  ["GET /api/items/{id}/waitlist", "draft", {}, "404 404 404 404 404"],
  ["GET /api/admin/orders/{id}", "order", {}, "404 404 404 404 404"],
  ["POST /api/admin/dead/{id}/replay", "order", {}, "404 404 404 404 404"],
];
/** Open to whoever has the signed link, and tested as such. */
const BY_LINK = [
  "GET /files/{blob}/{filename}",
  "GET /covers/{id}/{hash}",
  "GET /open/{order}/{token}",
  "POST /api/auth/reset/{token}",
];
const FOR_EVERYBODY = ["GET /api/sellers/{id}", "GET /sitemap/{part}.xml"];

/** The id is of something that is not theirs, and what they change is their own list: its spec tells the lists apart. */
const OWN_LISTS = ["DELETE /api/wishlist/{itemId}", "DELETE /api/items/{id}/waitlist", "DELETE /api/discounts/{code}"];

/** Whose things are whose, over HTTP, in the process that `npm start` runs. */
describe("access", () => {
  let shop: Shop;
  let people: Record<(typeof PEOPLE)[number], Client>;
  let customer: Client;
  const things: Record<string, string> = {};

  const order = async (client: Client, itemId: string, extra = {}): Promise<string> =>
    (await client.ok(client.order([{ itemId, quantity: 1 }], extra))).id;
  const bought = async (client: Client, itemId: string, extra = {}): Promise<string> => {
    const id = await order(client, itemId, extra);
    await client.pay(id);
    await client.reaches(id, ["fulfilled"]);
    return id;
  };
  const rows = async (client: Client) => (await client.ok(client.get("/api/library"))).rows;
  const copyOf = async (client: Client, orderId: string): Promise<string> =>
    (await rows(client)).find((row: { orderId: string }) => row.orderId === orderId).id;
  const pathOf = (template: string, id: string) =>
    template.replace(/\{(id|itemId)\}/, encodeURIComponent(id)).replace("{filename}", "book.txt");
  const somebodysEmail = () => ({ email: `${randomUUID()}@example.com` });

  beforeAll(async () => {
    shop = await Shop.start({ env: { ADMIN_EMAIL: ADMIN } });
    const [nobody, guest] = [shop.client(), shop.client()];
    const [stranger, buyer, seller] = await Promise.all([
      shop.client().signUp(),
      shop.client().signUp(),
      shop.client().signUp(),
    ]);
    people = { nobody, stranger, guest, buyer, seller };
    customer = shop.client();
    const item = await seller.sell({ kind: "unlimited" });
    const keys = await seller.sell({ kind: "keys", keys: ["TOP-SECRET-1", "TOP-SECRET-2"] });
    const unfinished = { title: "Not yet", description: "", price: { amount: 900, currency: "eur" }, kind: "unique" };
    const draft = await seller.ok(seller.post("/api/items", unfinished));
    await bought(guest, (await stranger.sell({ kind: "unlimited", title: "The stranger's" })).id, somebodysEmail());
    Object.assign(things, { item: item.id, keys: keys.id, draft: draft.id });
    things["order"] = await bought(buyer, item.id);
    things["copy"] = await copyOf(buyer, things["order"]);
    things["keyOrder"] = await bought(buyer, keys.id);
    things["keyCopy"] = await copyOf(buyer, things["keyOrder"]);
    things["hold"] = await order(buyer, keys.id);
    things["guestOrder"] = await bought(customer, item.id, somebodysEmail());
    things["guestCopy"] = await copyOf(customer, things["guestOrder"]);
    const other = await shop.client().signUp();
    things["session"] = (await other.ok(other.get("/api/auth/sessions"))).rows[0].id;
    things["guestHold"] = await order(customer, item.id, somebodysEmail());
  });
  afterAll(() => shop.stop());

  /** All that may be changed, as its owners see it. */
  const everything = async () => {
    const { seller, buyer } = people;
    const { item, keys, draft, order: paid, hold, guestOrder, guestHold } = things;
    const paths: [Client, string][] = [
      ...[item, keys, draft].map((id): [Client, string] => [seller, `/api/items/${id}`]),
      ...[paid, hold].map((id): [Client, string] => [buyer, `/api/orders/${id}`]),
      ...[guestOrder, guestHold].map((id): [Client, string] => [customer, `/api/orders/${id}`]),
      [buyer, "/api/library"],
      [customer, "/api/library"],
    ];
    const seen = await Promise.all(paths.map(async ([who, path]) => (await who.ok(who.get(path))) as object));
    return seen.map((one) => ({ ...one, now: undefined }));
  };

  test("every documented route with an id is in the table", async () => {
    const known = new Set([
      ...REFUSALS.map(([route]) => route.split("?", 1)[0]),
      ...BY_LINK,
      ...FOR_EVERYBODY,
      ...OWN_LISTS,
    ]);
    expect((await people.nobody.routes()).filter((route) => route.includes("{") && !known.has(route))).toEqual([]);
  });

  test("nobody reads, changes or downloads what is not theirs", async () => {
    const before = await everything();
    for (const [route, thing, send, statuses] of REFUSALS) {
      const [method, template] = route.split(" ") as [string, string];
      const expected = statuses.split(" ");
      const asked = PEOPLE.map(async (who, n) => {
        if (expected[n] === "-") return "-";
        const { status, body } = await people[who].ask(pathOf(template, things[thing]!), { method, ...send });
        expect(body).toMatchObject({ type: { 401: "SIGN_IN_REQUIRED", 403: "FORBIDDEN", 404: "NOT_FOUND" }[status] });
        return status;
      });
      expect(`${route} ${thing}: ${(await Promise.all(asked)).join(" ")}`).toBe(`${route} ${thing}: ${statuses}`);
    }
    expect(await everything()).toEqual(before);
  });

  test("what is theirs they may read: the buyer, the seller, the guest with the cookie, the admin", async () => {
    const { buyer, seller } = people;
    const admin = await shop.client().signUp("Admin", ADMIN);
    const { item, draft, order: paid, hold, guestOrder, copy, guestCopy } = things;
    const reads: [Client, string[]][] = [
      [buyer, [`/api/orders/${paid}`, `/api/orders/${paid}/timeline`, `/api/library/${copy}`]],
      [
        seller,
        [`/api/items/${draft}`, `/covers/${draft}.svg`, `/api/orders/${paid}`, `/api/orders/${guestOrder}/timeline`],
      ],
      [customer, [`/api/orders/${guestOrder}`, `/api/orders/${guestOrder}/timeline`, `/api/library/${guestCopy}`]],
      [
        admin,
        [`/api/items/${draft}`, `/api/orders/${paid}`, `/api/orders/${guestOrder}/timeline`, `/api/items/${item}`],
      ],
      [admin, ["/api/admin/orders", `/api/admin/orders/${guestOrder}`, "/api/admin/dead", "/api/admin/audit"]],
    ];
    for (const [who, paths] of reads)
      for (const path of paths) expect(`${path} ${(await who.get(path)).status}`).toBe(`${path} 200`);
    for (const who of [buyer, customer])
      expect((await who.get(`/api/library/${who === buyer ? copy : guestCopy}/files/book.txt`)).status).toBe(302);
    expect((await admin.post(`/api/orders/${hold}/pay`)).status).toBe(404);
    expect((await admin.get(`/api/library/${copy}`)).status).toBe(404);
    expect((await seller.ok(seller.get(`/api/orders/${guestOrder}`))).email).toBeNull();
  });

  test("lists hold one's own alone, and nobody but the buyer ever reads a licence key", async () => {
    const { nobody, stranger, buyer, seller, guest } = people;
    for (const path of ["/api/orders", "/api/sales"]) expect((await nobody.get(path)).status).toBe(401);
    expect((await nobody.get("/api/library")).status).toBe(401);
    expect((await nobody.get("/api/items?seller=me")).status).toBe(401);
    for (const path of ["/api/orders", "/api/library"])
      expect((await stranger.ok(stranger.get(path))).rows).toEqual([]);
    expect((await stranger.ok(stranger.get("/api/sales"))).rows).toMatchObject([{ title: "The stranger's" }]);
    expect(await rows(guest)).toHaveLength(1);
    const { id } = (await seller.ok(seller.get("/api/auth/me"))).user;
    for (const path of ["/api/items", `/api/items?seller=${id}`, "/api/items?q=Not", "/api/search?q=Not"])
      expect(JSON.stringify((await stranger.get(path)).body)).not.toContain(things["draft"]);
    const { keys, keyOrder, hold } = things;
    for (const path of [
      `/api/items/${keys}`,
      "/api/items?seller=me",
      `/api/orders/${keyOrder}`,
      `/api/orders/${keyOrder}/timeline`,
      "/api/sales",
    ])
      expect(JSON.stringify((await seller.get(path)).body)).not.toContain("TOP-SECRET");
    expect(JSON.stringify((await buyer.get(`/api/orders/${hold}`)).body)).not.toContain("TOP-SECRET");
    expect(JSON.stringify(await rows(buyer)).match(/TOP-SECRET/g)).toHaveLength(1);
  });

  test("a retired item is there for its seller and its buyers only", async () => {
    const { nobody, stranger, guest, buyer, seller } = people;
    const { id } = await seller.sell({ kind: "unlimited", title: "Out of print" });
    await bought(buyer, id);
    await seller.ok(seller.post(`/api/items/${id}/retire`));
    for (const path of [`/api/items/${id}`, `/covers/${id}.svg`]) {
      const statuses = await Promise.all(
        [nobody, stranger, guest, buyer, seller].map(async (who) => (await who.get(path)).status),
      );
      expect(statuses).toEqual([404, 404, 404, 200, 200]);
    }
    expect((await stranger.buy(id)).status).toBe(404);
    expect(JSON.stringify((await stranger.get("/api/items?q=print")).body)).not.toContain(id);
  });
});
