import { createHash, randomBytes } from "node:crypto";
import { afterAll, expect, test } from "@jest/globals";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client.ts";
import { Shop } from "./shop.ts";

const TOTAL = 8_000_000;
const SENT = 5_000_000;

let shop: Shop | undefined;
afterAll(() => shop?.stop());

/** Sends the first bytes of a file that it says is whole, and leaves the connection open. */
function begin(url: string, path: string, client: Client, bytes: Buffer): void {
  const { hostname, port } = new URL(url);
  const headers = {
    cookie: client.cookie,
    "content-range": `bytes 0-${TOTAL - 1}/${TOTAL}`,
    "content-length": TOTAL,
  };
  request({ hostname, port, path, method: "PUT", agent: false, headers })
    .on("error", () => {})
    .write(bytes);
}

test("an upload goes on after kill -9 of the shop, and is the file that was sent", async () => {
  shop = await Shop.start();
  const seller = await shop.client().signUp();
  const draft = { title: "Long", description: "", price: { amount: 900, currency: "eur" }, kind: "unlimited" };
  const { id } = await seller.ok(seller.post("/api/items", draft));
  const offset = async (client: Client): Promise<number> =>
    (await client.ok(client.get(`/api/items/${id}/uploads/long.bin?total=${TOTAL}`))).offset;
  const whole = randomBytes(TOTAL);
  const path = `/api/items/${id}/files/long.bin`;
  begin(shop.url, path, seller, whole.subarray(0, SENT));
  for (const end = Date.now() + 20_000; (await offset(seller)) < SENT; await sleep(10))
    if (Date.now() > end) throw new Error("The bytes do not arrive");

  shop = await shop.restart();
  const here = await offset(seller);
  expect(here).toBe(SENT);
  const rest = { "content-range": `bytes ${here}-${TOTAL - 1}/${TOTAL}` };
  const { file } = await seller.ok(seller.ask(path, { method: "PUT", raw: whole.subarray(here), headers: rest }));
  expect(file).toMatchObject({ size: TOTAL, sha256: createHash("sha256").update(whole).digest("hex") });
  expect(await offset(seller)).toBe(0);
}, 90_000);
