import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
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

/** A running shop under attack, in every place that its document names. */
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
