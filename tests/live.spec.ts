import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client.ts";
import { Shop } from "./shop.ts";
import { eventually } from "./till.ts";

/** How soon what was written is on every other screen, ms: pushed to those that are open, and in pages opened later. */
const SEEN_WITHIN = 300;
const TIMES = 5;
const BUILT = join(import.meta.dirname, "..", "frontend", ".output", "server", "index.mjs");

let shop: Shop;
let seller: Client;
let buyer: Client;

beforeAll(async () => {
  if (!existsSync(BUILT)) throw new Error("The storefront is not built; `npm test` builds it first");
  shop = await Shop.start();
  [seller, buyer] = [await shop.client().signUp("Sella"), await shop.client().signUp("Buya")];
}, 60_000);
afterAll(() => shop?.stop());

/** Somebody who watches: what their screen was told, and when. */
async function watch(path: string, who: Client) {
  const told: { at: number; event: string; data: any }[] = [];
  const asked = request(shop.url + path, { agent: false, headers: { cookie: who.cookie } });
  asked.once("response", (res) => {
    let heard = "";
    res.setEncoding("utf8").on("data", (text: string) => {
      const events = (heard + text).split("\n\n");
      heard = events.pop()!;
      for (const one of events) {
        const [, event, data] = /event: (.*)\ndata: (.*)$/.exec(one) ?? [];
        if (event) told.push({ at: performance.now(), event, data: JSON.parse(data!) });
      }
    });
  });
  asked.on("error", () => {}).end();
  const hears = async (fits: (event: string, data: any) => boolean) => {
    const find = async () => told.find(({ event, data }) => fits(event, data));
    return (await eventually(find, (one) => one !== undefined))!.at;
  };
  await hears((event) => event === "hello");
  return { hears, close: () => void asked.destroy() };
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

test("a hold is on everybody's screen, and a sale on the seller's, as soon as is promised", async () => {
  const { id } = await seller.sell({ stock: 100 });
  const screen = await watch(`/api/live?items=${id}`, shop.client());
  const studio = await watch("/api/live?sales=1", seller);
  const late: { hold: number[]; sale: number[] } = { hold: [], sale: [] };
  for (let n = 1; n <= TIMES; n++) {
    const order = await buyer.ok(buyer.buy(id));
    const held = performance.now();
    late.hold.push((await screen.hears((_, { held, sold }) => held + sold === n)) - held);
    await buyer.pay(order.id);
    await buyer.reaches(order.id, ["paid", "fulfilled"]);
    const paid = performance.now();
    late.sale.push((await studio.hears((event, { orderId }) => event === "sale" && orderId === order.id)) - paid);
  }
  for (const { close } of [screen, studio]) close();
  expect(median(late.hold)).toBeLessThanOrEqual(SEEN_WITHIN);
  expect(median(late.sale)).toBeLessThanOrEqual(SEEN_WITHIN);
}, 60_000);

test("pages are from memory, and never older than is promised", async () => {
  const { id } = await seller.sell({ stock: 100, title: "Version 0" });
  const paths = [`/p/${id}`, "/"];
  const open = async (path: string) => {
    const { status, headers, body } = await shop.client().get(path);
    expect([path, status]).toEqual([path, 200]);
    return { etag: headers.get("etag"), html: body as string };
  };
  for (let n = 1; n <= TIMES; n++) {
    const title = `Version ${n}`;
    for (const path of paths) expect((await open(path)).html).toContain(`Version ${n - 1}`);
    await seller.ok(seller.ask(`/api/items/${id}`, { method: "PATCH", body: { title } }));
    await sleep(SEEN_WITHIN);
    for (const path of paths) {
      const first = await open(path);
      expect(first.html).toContain(title);
      expect((await open(path)).etag).toBe(first.etag);
    }
  }
}, 60_000);
