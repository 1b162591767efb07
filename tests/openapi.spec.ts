import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import Stripe from "stripe";
import { readConfig } from "../core/config.ts";
import { loadSecrets } from "../core/secrets.ts";
import { sandboxKeys } from "../services/sandbox/keys.ts";
import {
  anyOf,
  bodyOf,
  broken,
  filled,
  hostile,
  hostileHeaders,
  hostileText,
  queryOf,
} from "../services/api/hostile.ts";
import type { Client } from "./client.ts";
import { expectListed, expectRefused, operationsIn, send, type Described } from "./document.ts";
import { Shop } from "./shop.ts";

/** Requests for each operation and visitor. */
const RUNS = 25;
/** The document allows editions of a hundred thousand, which would take their time here. */
const SMALL = 30;

/** The document of a running shop against that shop: what it lists is what there is, for friend and foe. */
let shop: Shop;
let seller: Client;
let buyer: Client;
let operations: Map<string, Described>;

beforeAll(async () => {
  shop = await Shop.start();
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

  for (const id of ["alive", "ready", "metrics", "openapi"]) await ask(id, buyer);
  const account = { email: "new@example.com", password: "a long password" };
  await ask("auth_signup", shop.client(), { body: { ...account, name: "New" } });
  await ask("auth_signin", shop.client(), { body: account });
  await ask("auth_signout", await shop.client().signUp());
  await ask("auth_me", buyer);
  await ask("auth_me", shop.client());

  const draft = { title: "A thing", description: "", price: { amount: 900, currency: "eur" } };
  const keys = await ask("items_create", seller, { body: { ...draft, kind: "keys", perBuyer: 2 } });
  await ask("items_addKeys", seller, { id: keys.id, body: { keys: ["a", "b"] } });
  await ask("items_publish", seller, { id: keys.id });
  const files = await ask("items_create", seller, { body: { ...draft, kind: "unlimited" } });
  const octets = { raw: "Once", headers: { "content-type": "application/octet-stream" } };
  for (const filename of ["one.txt", "two.txt"]) await ask("upload", seller, { id: files.id, filename, ...octets });
  await ask("items_removeFile", seller, { id: files.id, filename: "two.txt" });
  await ask("items_publish", seller, { id: files.id });
  const edition = await ask("items_create", seller, { body: { ...draft, kind: "edition", stock: 2 } });
  await ask("items_update", seller, { id: edition.id, body: { title: "Another", stock: 3 } });
  await ask("items_publish", seller, { id: edition.id });
  await ask("items_list", buyer, { query: "?sort=price&pageSize=2" });
  for (const { id } of [keys, files, edition]) await ask("items_get", buyer, { id });
  await ask("cover", buyer, { id: edition.id });
  await ask("live", buyer, { query: `?items=${edition.id}` });

  const lines = [keys, files, edition].map(({ id }) => ({ itemId: id, quantity: 1 }));
  const order = await ask("orders_create", buyer, { body: { lines } });
  const other = await ask("orders_create", buyer, { body: { lines: lines.slice(2) } });
  await ask("orders_cancel", buyer, { id: other.id, body: {} });
  await ask("orders_create", shop.client(), { body: { lines: lines.slice(2), email: "guest@example.com" } });
  await buyer.confirm(await ask("orders_pay", buyer, { id: order.id, body: {} }));
  await buyer.reaches(order.id, ["fulfilled"]);
  await ask("orders_get", buyer, { id: order.id });
  await ask("orders_list", buyer);
  await ask("orders_timeline", buyer, { id: order.id });
  await ask("orders_sales", seller);
  const { rows } = await ask("delivery_library", buyer);
  for (const { id } of rows) await ask("delivery_get", buyer, { id });
  const { id } = rows.find(({ kind }: { kind: string }) => kind === "unlimited");
  const { location } = await ask("download", buyer, { id, filename: "one.txt" });
  const [, blob, filename, query] = /^.*\/files\/([^/]+)\/([^?]+)(\?.*)$/.exec(location)!;
  expect(await ask("file", shop.client(), { blob, filename, query })).toMatchObject({ text: "Once" });
  await ask("orders_refund", seller, { id: order.id, body: { reason: "A test" } });
  await buyer.reaches(order.id, ["refunded"]);
  await ask("orders_get", buyer, { id: order.id });
  await ask("delivery_library", buyer);
  await ask("items_retire", seller, { id: edition.id });

  const raw = JSON.stringify({ id: "evt_1", object: "event", type: "plan.created", data: { object: {} } });
  const { webhookSecret: secret } = sandboxKeys(loadSecrets(readConfig({ DATA_DIR: shop.dir })));
  const signature = await Stripe.webhooks.generateTestHeaderStringAsync({ payload: raw, secret });
  await ask("webhook", shop.client(), {
    raw,
    headers: { "content-type": "application/json", "stripe-signature": signature },
  });

  expect([...done].toSorted()).toEqual([...operations.keys()].toSorted());
}, 120_000);

test("hostile values in any place get a refusal that the document lists, and write nothing", async () => {
  const things = [
    await seller.sell({ kind: "unlimited" }),
    await seller.sell({ kind: "keys", keys: ["a", "b", "c"] }),
    await seller.sell({ stock: SMALL }),
  ].map(({ id }) => id);
  const [held, bought] = await Promise.all(things.slice(1).map((id) => buyer.ok(buyer.buy(id))));
  await buyer.pay(bought.id);
  await buyer.reaches(bought.id, ["fulfilled"]);
  const { rows } = await buyer.ok(buyer.get("/api/library"));
  const ids = { items: things, orders: [held.id, bought.id], library: rows.map(({ id }: { id: string }) => id) };

  const listed = async (who: Client, path: string) => (await who.ok(who.get(path))).total as number;
  /** The seller's items but for their stock, which others may hold. */
  const offered = async () => {
    const { rows } = await seller.ok(seller.get("/api/items?seller=me&pageSize=100"));
    return rows.map(({ stock: _, nextAt: __, ...item }: Record<string, unknown>) => item);
  };
  const counts = async () => ({
    sellers: await listed(seller, "/api/items?seller=me"),
    buyers: await listed(buyer, "/api/items?seller=me"),
    orders: await listed(buyer, "/api/orders"),
  });
  const before = await counts();
  const offer = await offered();
  const made = { sellers: 0, buyers: 0, orders: 0 };
  const undecided: string[] = [];

  const attack = async (who: "a stranger" | "the buyer" | "the seller", person?: Client) => {
    for (const [id, described] of operations) {
      const cookie = id === "auth_signout" ? person && (await shop.client().signUp()).cookie : person?.cookie;
      const attempt = fc.asyncProperty(asked(described, ids), async ({ path, body, headers }) => {
        const answer = await send(shop.url, described.method, path, {
          body: body.body,
          headers: { ...body.headers, ...headers, ...(cookie && { cookie }) },
        });
        if (answer.status < 400) expectListed(described, answer);
        else expectRefused(described, path, answer);
        if (answer.status === 503) undecided.push(`${who}: ${id}`);
        if (answer.status !== 201) return;
        if (id === "items_create") made[who === "the seller" ? "sellers" : "buyers"]++;
        if (id === "orders_create" && who === "the buyer") made.orders++;
      });
      // What was sent has had its effect, so a smaller case cannot be looked for.
      await fc.assert(attempt, { numRuns: RUNS, endOnFailure: true });
    }
  };
  await attack("a stranger");
  await attack("the buyer", buyer);
  expect(await offered()).toEqual(offer);
  await attack("the seller", seller);
  expect(undecided).toEqual([]);
  expect(await counts()).toEqual({
    sellers: before.sellers + made.sellers,
    buyers: before.buyers + made.buyers,
    orders: before.orders + made.orders,
  });
  expect(shop.output).not.toMatch(/\bat .+\.ts:\d+/);
}, 300_000);

const encoded = (value: unknown) => encodeURIComponent(String(value));
const SMUGGLED = ["__proto__", "constructor", "id[$ne]", "$where", "id", "page"];

/** A request with something wrong in it somewhere, or by chance nothing; some of it leads to things that are there. */
function asked({ path, operation }: Described, ids: Record<string, string[]>) {
  const real = fc.constantFrom(...(ids[path.split("/")[2]!] ?? ids["items"]!));
  const address = filled(path, operation, ({ name }) =>
    fc.oneof(hostileText, { weight: 3, arbitrary: name === "id" ? real : fc.constantFrom("book.txt", "x") }),
  );
  const query = fc.oneof(
    { weight: 2, arbitrary: fc.constant("") },
    queryOf(operation, ({ schema }) => fc.oneof(hostileText, anyOf(schema).map(encoded))),
    fc.tuple(fc.constantFrom(...SMUGGLED), hostileText).map((pair) => `?${pair.join("=")}`),
  );
  const body = fc.oneof(
    bodyOf(operation, (schema) => hostile(modest(schema))),
    { weight: 2, arbitrary: bodyOf(operation, (schema) => anyOf(modest(schema))) },
    broken,
  );
  return fc.record({
    path: fc.tuple(address, query).map((parts) => parts.join("")),
    body: fc.tuple(body, fc.constantFrom(...ids["items"]!)).map(([{ body, headers }, id]) => ({
      headers,
      body: typeof body === "string" ? body.replace(/"itemId":"[^"]*"/, `"itemId":"${id}"`) : (body as Uint8Array),
    })),
    headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, hostileHeaders),
  });
}

const modest = (schema: object): object =>
  JSON.parse(JSON.stringify(schema, (key, value) => (key === "maximum" && value === 100_000 ? SMALL : value)));
