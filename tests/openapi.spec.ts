import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { join } from "node:path";
import Stripe from "stripe";
import { readConfig } from "../core/config.ts";
import { loadSecrets } from "../core/secrets.ts";
import { DeadLetterFolder } from "../mixins/bus/dead.ts";
import { sandboxKeys } from "../services/sandbox/keys.ts";
import type { Client } from "./client.ts";
import { expectListed, operationsIn, send, type Described } from "./document.ts";
import { linked, mailed } from "./mailbox.ts";
import { Shop } from "./shop.ts";

const ADMIN = "admin@example.com";
/** A PNG of one pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** The document of a running shop against that shop: what it lists is what there is. */
let shop: Shop;
let seller: Client;
let buyer: Client;
let operations: Map<string, Described>;

beforeAll(async () => {
  shop = await Shop.start({ env: { ADMIN_EMAIL: ADMIN } });
  [seller, buyer] = [await shop.client().signUp("Sella"), await shop.client().signUp("Buya")];
  operations = operationsIn(await seller.ok(seller.get("/api/openapi.json")));
}, 60_000);
afterAll(() => shop?.stop());

test("every operation, asked as the document says, answers as the document says", async () => {
  const done = new Set<string>();
  const ask = async (
    id: string,
    as: Client,
    { query = "", body, raw, headers, ...inPath }: Record<string, any> = {},
  ): Promise<any> => {
    const described = operations.get(id)!;
    const { method, path } = described;
    const address = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(inPath[name]));
    const answer = await send(shop.url, method, address + query, {
      body: raw ?? (body && JSON.stringify(body)),
      headers: { cookie: as.cookie, ...(body && { "content-type": "application/json" }), ...headers },
    });
    expect([id, answer.status < 400 ? "" : answer.text]).toEqual([id, ""]);
    expectListed(described, answer);
    done.add(id);
    return answer.json ?? answer;
  };

  for (const id of ["alive", "ready", "metrics", "openapi", "robots"]) await ask(id, buyer);
  const account = { email: "new@example.com", password: "a long password" };
  await ask("auth_signup", shop.client(), { body: { ...account, name: "New" } });
  await ask("auth_signin", shop.client(), { body: account });
  await ask("auth_signout", await shop.client().signUp());
  await ask("auth_me", buyer);
  await ask("auth_me", shop.client());
  const leaver = await shop.client().signUp();
  const [session] = (await ask("auth_sessions", leaver)).rows;
  await ask("auth_endSession", leaver, { id: session.id });
  await ask("auth_reset", shop.client(), { body: { email: account.email } });
  const token = linked((await mailed(buyer, account.email))[0]!.text, "reset");
  await ask("auth_resetPassword", shop.client(), { token, body: { password: "another password" } });

  const draft = { title: "A thing", description: "", price: { amount: 900, currency: "eur" } };
  const keys = await ask("items_create", seller, { body: { ...draft, kind: "keys", perBuyer: 2 } });
  await ask("items_addKeys", seller, { id: keys.id, body: { keys: ["a", "b"] } });
  await ask("items_publish", seller, { id: keys.id });
  const files = await ask("items_create", seller, { body: { ...draft, kind: "unlimited" } });
  const octets = { raw: "Once", headers: { "content-type": "application/octet-stream" } };
  for (const filename of ["one.txt", "two.txt"]) await ask("upload", seller, { id: files.id, filename, ...octets });
  await ask("items_removeFile", seller, { id: files.id, filename: "two.txt" });
  const inParts = { id: files.id, filename: "three.txt" };
  const part = (raw: string, range: string) => ({
    ...{ ...inParts, raw },
    headers: { ...octets.headers, "content-range": `bytes ${range}/5` },
  });
  expect(await ask("upload", seller, part("Twi", "0-2"))).toEqual({ offset: 3 });
  expect(await ask("uploadOffset", seller, { ...inParts, query: "?total=5" })).toEqual({ offset: 3 });
  expect(await ask("upload", seller, part("ce", "3-4"))).toMatchObject({ file: { size: 5 } });
  await ask("items_publish", seller, { id: files.id });
  const edition = await ask("items_create", seller, { body: { ...draft, kind: "edition", stock: 2 } });
  await ask("items_update", seller, { id: edition.id, body: { title: "Another", stock: 3 } });
  await ask("items_publish", seller, { id: edition.id });
  await ask("items_list", buyer, { query: "?sort=price&pageSize=2" });
  await ask("items_search", buyer, { query: "?q=thing&kind=keys&min=100&max=5000&available=true&sort=relevance" });
  await ask("items_seller", buyer, { id: keys.seller.id });
  for (const itemId of [keys.id, edition.id]) await ask("wishlist_add", buyer, { itemId });
  await ask("wishlist_remove", buyer, { itemId: keys.id });
  await ask("wishlist_list", buyer, { query: "?pageSize=2" });
  for (const { id } of [keys, files, edition]) await ask("items_get", buyer, { id });
  await ask("cover", buyer, { id: edition.id });
  const picture = { raw: Buffer.from(PIXEL, "base64"), headers: { "content-type": "image/png" } };
  const { cover } = await ask("setCover", seller, { id: edition.id, ...picture });
  await ask("photo", buyer, { id: edition.id, hash: cover.split("/").at(-1), query: "?w=320" });
  expect(await ask("cover", buyer, { id: edition.id })).toMatchObject({ status: 302, location: cover });
  await ask("itemCard", buyer, { id: edition.id });
  await ask("items_removeCover", seller, { id: edition.id });
  await ask("itemCard", buyer, { id: edition.id });
  await ask("shopCard", buyer);
  await ask("sitemap", buyer);
  await ask("sitemapPart", buyer, { part: "1" });
  await ask("live", buyer, { query: `?items=${edition.id}` });

  const lines = [keys, files, edition].map(({ id }) => ({ itemId: id, quantity: 1 }));
  const order = await ask("orders_create", buyer, { body: { lines } });
  const other = await ask("orders_create", buyer, { body: { lines: lines.slice(2) } });
  await ask("orders_cancel", buyer, { id: other.id, body: {} });
  const code = { code: "half-off", percent: 50, items: [edition.id], cap: 5, perBuyer: 1 };
  await ask("discounts_create", seller, { body: code });
  await ask("discounts_create", seller, { body: { code: "ALL", amount: 5000, endsAt: "2100-01-01T00:00:00Z" } });
  await ask("discounts_quote", shop.client(), { body: { code: "HALF-OFF", lines: lines.slice(2) } });
  await ask("orders_create", buyer, {
    body: { lines: lines.slice(2), code: "all", total: { amount: 0, currency: "eur" } },
  });
  await ask("discounts_list", seller);
  await ask("discounts_end", seller, { code: "half-off" });
  await ask("orders_create", shop.client(), { body: { lines: lines.slice(2), email: "guest@example.com" } });
  await ask("orders_find", shop.client(), { body: { email: "guest@example.com" } });
  const [opened, key] = linked((await mailed(buyer, "guest@example.com"))[0]!.text, "open").split("/");
  await ask("open", shop.client(), { order: opened, token: key });
  await buyer.confirm(await ask("orders_pay", buyer, { id: order.id, body: {} }));
  await buyer.reaches(order.id, ["fulfilled"]);
  await ask("orders_get", buyer, { id: order.id });
  await ask("orders_list", buyer);
  await ask("orders_timeline", buyer, { id: order.id });
  await ask("orders_sales", seller);
  await ask("orders_summary", seller);
  const { rows } = await ask("delivery_library", buyer);
  for (const { id } of rows) await ask("delivery_get", buyer, { id });
  const { id } = rows.find(({ kind }: { kind: string }) => kind === "unlimited");
  const { location } = await ask("download", buyer, { id, filename: "one.txt" });
  const [, blob, filename, query] = /^.*\/files\/([^/]+)\/([^?]+)(\?.*)$/.exec(location)!;
  expect(await ask("file", shop.client(), { blob, filename, query })).toMatchObject({ text: "Once" });
  const sold = await ask("items_create", seller, { body: { ...draft, kind: "unique" } });
  await ask("items_publish", seller, { id: sold.id });
  await ask("orders_create", buyer, { body: { lines: [{ itemId: sold.id, quantity: 1 }] } });
  const waiter = await shop.client().signUp();
  await ask("waitlist_join", waiter, { id: sold.id, body: {} });
  await ask("waitlist_join", shop.client(), { id: sold.id, body: { email: "guest@example.com" } });
  await ask("waitlist_place", waiter, { id: sold.id });
  await ask("waitlist_leave", waiter, { id: sold.id });

  await ask("orders_refund", seller, { id: order.id, body: { reason: "A test" } });
  await buyer.reaches(order.id, ["refunded"]);
  await ask("orders_get", buyer, { id: order.id });
  await ask("delivery_library", buyer);
  await ask("items_retire", seller, { id: edition.id });

  const admin = await shop.client().signUp("Root", ADMIN);
  await new DeadLetterFolder(join(shop.dir, "bus", "dead")).add({
    ...{ id: "letter", group: "nobody", attempts: 10, at: 0, error: { type: "TypeError", message: "A test" } },
    fact: { id: `order:${order.id}:9:0`, type: "order.tested", schema: 1, at: 0, v: 9, data: { id: order.id } },
  });
  await ask("audit_orders", admin, { query: "?state=refunded&pageSize=5" });
  await ask("audit_explain", admin, { id: order.id });
  await ask("audit_letters", admin);
  await ask("audit_replay", admin, { id: "letter", body: {} });
  await ask("audit_report", admin);

  const raw = JSON.stringify({ id: "evt_1", object: "event", type: "plan.created", data: { object: {} } });
  const { webhookSecret: secret } = sandboxKeys(loadSecrets(readConfig({ DATA_DIR: shop.dir })));
  const signature = await Stripe.webhooks.generateTestHeaderStringAsync({ payload: raw, secret });
  await ask("webhook", shop.client(), {
    raw,
    headers: { "content-type": "application/json", "stripe-signature": signature },
  });

  expect([...done].toSorted()).toEqual([...operations.keys()].toSorted());
}, 120_000);
