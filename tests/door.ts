// node tests/door.ts http://mysite.com: what an Ingress in front of the shop has to let through, and what it must not.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client.ts";

const GIB = 1024 ** 3;
const CHUNK = Buffer.alloc(1024 ** 2, "holdfast");
/** A live stream that says nothing by then is held back on its way, ms. */
const SOON = 5000;

const url = process.argv[2] ?? "http://mysite.com";
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Sends `size` bytes without ever holding them; resolves with the status. */
function upload(path: string, cookie: string, size: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, "content-type": "application/octet-stream", "content-length": size };
    const sending = request(new URL(path, url), { method: "PUT", headers }, (res) => {
      res.resume().on("end", () => resolve(res.statusCode!));
    }).on("error", reject);
    void (async () => {
      for (let sent = 0; sent < size; sent += CHUNK.length)
        if (!sending.write(CHUNK)) await new Promise((drained) => sending.once("drain", drained));
      sending.end();
    })();
  });
}

for (const path of ["/live", "/ready", "/metrics"]) {
  const { status } = await fetch(url + path);
  assert.equal(status, 404, `${path} should be hidden, and is ${status}`);
}
say("the probes are hidden");

const page = await fetch(url, { headers: { accept: "text/html" } });
assert.equal(page.status, 200);
assert.match(await page.text(), /Holdfast/);
say("the storefront is there");

const seller = await new Client(url).signUp("Sella");
const item = await seller.sell({ kind: "unlimited", price: 300 });
const live = await fetch(`${url}/api/live?items=${item.id}`, { signal: AbortSignal.timeout(SOON) });
const { value } = await live.body!.getReader().read();
assert.match(Buffer.from(value!).toString(), /event: hello/);
say("a live stream begins at once");

const began = Date.now();
const large = `/api/items/${item.id}/files/large.bin`;
assert.equal(await upload(large, seller.cookie, GIB), 201);
say(`1 GiB went in, in ${Math.round((Date.now() - began) / 1000)} s`);

const buyer = await new Client(url).signUp("Buya");
const order = await buyer.ok(buyer.reserve(item.id));
await buyer.ok(buyer.pay(order.id));
await buyer.reaches(order.id, ["fulfilled"]);
let copy: { id: string } | undefined;
for (const end = Date.now() + SOON; !copy && Date.now() < end; await sleep(100))
  copy = (await buyer.ok(buyer.get("/api/library"))).rows[0];
const link = await buyer.get(`/api/library/${copy!.id}/files/large.bin`);
assert.equal(link.status, 302);
const hash = createHash("sha256");
const expected = createHash("sha256");
for (let sent = 0; sent < GIB; sent += CHUNK.length) expected.update(CHUNK);
const download = await fetch(new URL(link.headers.get("location")!, url));
for await (const chunk of download.body!) hash.update(chunk);
assert.equal(hash.digest("hex"), expected.digest("hex"));
say("and came out the same");
process.exit(0);
