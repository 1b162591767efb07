import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { ada, at, gateway, until, type Gateway } from "./harness.ts";

const eve = { ...ada, id: "eve" };
const MEGABYTE = 1_048_576;

let shop: Gateway;
/** Whose item it is. */
let mine: string[];
let isAway = false;
beforeAll(async () => {
  mine = ["ada", "eve"];
  shop = await gateway(
    {
      items: {
        mayUpload({ params, meta }) {
          if (params.id !== "mine" || !mine.includes(meta.user!.id)) throw fail("NOT_FOUND");
        },
        attachFile({ params: { filename, size, type, sha256 } }) {
          if (isAway) throw fail("TRY_AGAIN");
          return { filename, size, type, sha256, uploadedAt: at(0) };
        },
      },
    },
    { env: { UPLOAD_MAX_MB: "1" } },
  );
});

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const put = (filename: string, body: Buffer | undefined, range: string, headers: Record<string, string> = {}) =>
  shop.ask("PUT", `/api/items/mine/files/${filename}`, {
    body,
    headers: { cookie: shop.session(ada), "content-range": range, ...headers },
  });
const part = (filename: string, whole: Buffer, start: number, end: number, headers?: Record<string, string>) =>
  put(filename, whole.subarray(start, end), `bytes ${start}-${end - 1}/${whole.length}`, headers);
const offset = async (filename: string, total: number, headers: Record<string, string> = {}) =>
  (
    await shop.ask("GET", `/api/items/mine/uploads/${filename}?total=${total}`, {
      headers: { cookie: shop.session(ada), ...headers },
    })
  ).json.offset;
const waiting = () => {
  const folder = join(shop.dir, "files", "unfinished");
  return existsSync(folder) ? readdirSync(folder).length : 0;
};
const stored = (sha256: string) => join(shop.dir, "files", sha256.slice(0, 2), sha256);

test("parts become the file, its hash over the whole", async () => {
  const whole = randomBytes(700_000);
  const first = await part("a.zip", whole, 0, 300_000);
  expect(first).toMatchObject({ status: 202, json: { offset: 300_000 }, headers: { "upload-offset": "300000" } });
  expect(await offset("a.zip", whole.length)).toBe(300_000);
  const head = await shop.ask("HEAD", `/api/items/mine/uploads/a.zip?total=${whole.length}`, {
    headers: { cookie: shop.session(ada) },
  });
  expect(head.headers["upload-offset"]).toBe("300000");
  const last = await part("a.zip", whole, 300_000, 700_000, { "content-type": "application/zip" });
  const file = { filename: "a.zip", size: 700_000, type: "application/zip", sha256: sha(whole) };
  expect(last).toMatchObject({ status: 201, json: { file } });
  expect(shop.seen["items.attachFile"]!.params).toMatchObject({ id: "mine", ...file, blob: sha(whole) });
  expect(sha(readFileSync(stored(sha(whole))))).toBe(sha(whole));
  expect(waiting()).toBe(0);
});

test("an upload that breaks off goes on from what arrived", async () => {
  const whole = randomBytes(900_000);
  const sent = request({
    host: "127.0.0.1",
    port: shop.port,
    method: "PUT",
    path: "/api/items/mine/files/b.zip",
    headers: { cookie: shop.session(ada), "content-range": "bytes 0-899999/900000", "content-length": 900_000 },
  }).on("error", () => {});
  sent.write(whole.subarray(0, 400_000));
  await until(async () => (await offset("b.zip", whole.length)) === 400_000);
  // The old connection still hangs: whoever goes on takes its place.
  expect(await part("b.zip", whole, 400_000, 900_000)).toMatchObject({
    status: 201,
    json: { file: { sha256: sha(whole) } },
  });
  await until(() => sent.destroyed);
  expect([waiting(), shop.logged]).toEqual([0, []]);
});

test("a part at the wrong place is told the right one, and from 0 it begins anew", async () => {
  const whole = randomBytes(1000);
  await part("c.zip", whole, 0, 500);
  expect(await part("c.zip", whole, 600, 1000)).toMatchObject({
    status: 409,
    json: { type: "WRONG_OFFSET", data: { offset: 500 } },
  });
  expect(await put("c.zip", undefined, "bytes */1000")).toMatchObject({ status: 409, json: { data: { offset: 500 } } });
  expect((await part("c.zip", whole, 0, 200)).json).toEqual({ offset: 200 });
  expect((await part("c.zip", whole, 200, 1000)).json.file.sha256).toBe(sha(whole));
});

test("all bytes here and no answer got: the upload is ended without sending them again", async () => {
  const whole = randomBytes(1000);
  await part("d.zip", whole, 0, 600);
  isAway = true;
  expect((await part("d.zip", whole, 600, 1000)).status).toBe(503);
  isAway = false;
  expect(await offset("d.zip", 1000)).toBe(1000);
  const ended = await put("d.zip", undefined, "bytes */1000");
  expect(ended).toMatchObject({ status: 201, json: { file: { sha256: sha(whole) } } });
  expect(await offset("d.zip", 1000)).toBe(0);
});

test("somebody else's parts, another size and another version are another upload", async () => {
  const whole = randomBytes(1000);
  await part("e.zip", whole, 0, 500, { "upload-version": "monday" });
  expect(await offset("e.zip", 1000, { "upload-version": "monday" })).toBe(500);
  expect(await offset("e.zip", 1000)).toBe(0);
  expect(await offset("e.zip", 1001, { "upload-version": "monday" })).toBe(0);
  const other = { cookie: shop.session(eve), "upload-version": "monday" };
  expect(await offset("e.zip", 1000, other)).toBe(0);
  expect(await part("e.zip", whole, 500, 1000, other)).toMatchObject({ status: 409, json: { data: { offset: 0 } } });
  mine = ["ada"];
  expect(await part("e.zip", whole, 500, 1000, other)).toMatchObject({ status: 404 });
  mine = ["ada", "eve"];
});

test.each([
  "bytes 0-99/*",
  "bytes 50-20/100",
  "bytes 0-100/100",
  "bytes 0-98/100",
  "bytes -5/100",
  "items 0-99/100",
  "bytes */0",
  "bytes 0-99/99999999999999999999",
  "",
])("%j is no place for a hundred bytes", async (range) => {
  const before = waiting();
  const sent = await put("f.zip", Buffer.alloc(100), range);
  expect(sent).toMatchObject({ status: 422, json: { data: [{ field: "Content-Range", rule: "pattern" }] } });
  expect(waiting()).toBe(before);
});

test("the limits are those of a whole file", async () => {
  const before = waiting();
  expect(await put("g.zip", Buffer.alloc(10), `bytes 0-9/${MEGABYTE + 1}`)).toMatchObject({
    status: 413,
    json: { data: { maxBytes: MEGABYTE } },
  });
  const sent = await put("g.zip", Buffer.alloc(5000), "bytes 0-9/1000", { "transfer-encoding": "chunked" });
  expect(sent).toMatchObject({ status: 413, json: { type: "TOO_LARGE" } });
  expect(await offset("g.zip", 1000)).toBe(0);
  const stranger = { cookie: "" };
  expect((await put("g.zip", Buffer.alloc(10), "bytes 0-9/10", stranger)).status).toBe(401);
  expect((await put("g.zip", Buffer.alloc(10), "bytes 0-9/10", { "upload-version": "ä" })).status).toBe(422);
  expect((await put(".hidden", Buffer.alloc(10), "bytes 0-9/10")).status).toBe(422);
  expect(waiting()).toBeLessThanOrEqual(before + 1);
});
