import { deflateSync } from "node:zlib";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { ada, wire } from "./harness.ts";
import { coverShop, flag, noise } from "./covers.harness.ts";

let shop: Awaited<ReturnType<typeof coverShop>>;
beforeAll(async () => {
  shop = await coverShop();
});
beforeEach(() => {
  shop.kept.cover = null;
});
const put: typeof shop.put = (...given) => shop.put(...given);
const get: typeof shop.get = (...given) => shop.get(...given);

describe("what is no cover", () => {
  const chunk = (type: string, data: Buffer) => {
    const sized = Buffer.alloc(4);
    sized.writeUInt32BE(data.length);
    return Buffer.concat([sized, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  /** A PNG that says how large it is, and has but a few bytes for it. */
  const bomb = (width: number, height: number) => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 2], 8);
    const magic = Buffer.from("89504e470d0a1a0a", "hex");
    return Buffer.concat([
      magic,
      chunk("IHDR", header),
      chunk("IDAT", deflateSync(Buffer.alloc(99))),
      chunk("IEND", Buffer.alloc(0)),
    ]);
  };
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';

  test.each<[string, () => Buffer | Promise<Buffer>]>([
    ["an SVG with a script, called a PNG", () => Buffer.from(svg)],
    ["a page", () => Buffer.from("<!doctype html><script>alert(1)</script>")],
    [
      "a PNG's first bytes before a page",
      () => Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.from(svg)]),
    ],
    ["a GIF's name before a script", () => Buffer.from("GIF89a/*\0*/=1;alert(1)")],
    ["half of a JPEG", async () => (await flag(900, 900).jpeg().toBuffer()).subarray(0, 3000)],
    ["half of a PNG", async () => (await noise()).subarray(0, 9000)],
    ["a TIFF", () => flag(90, 90).tiff().toBuffer()],
    ["a PDF", () => Buffer.from("%PDF-1.7\n1 0 obj\n<<>>\nendobj")],
    ["nothing", () => Buffer.alloc(0)],
  ])("%s is refused, and nothing stays", async (_, made) => {
    const before = shop.files();
    const sent = await put(await made(), { "content-type": "image/png" });
    expect(sent).toMatchObject({ status: 415, json: { type: "UNSUPPORTED_MEDIA_TYPE" } });
    expect([shop.files(), shop.kept.cover]).toEqual([before, null]);
    expect(shop.logged).toEqual([]);
  });

  test("what unpacks to a wall of pixels is refused by its header", async () => {
    const before = process.memoryUsage().rss;
    const gif = Buffer.from(`${"474946383961"}${"ffffffff"}800000${"ffffff000000"}`, "hex");
    for (const bytes of [bomb(30_000, 30_000), bomb(2 ** 31 - 1, 1), bomb(5000, 5001), gif]) {
      const sent = await put(bytes);
      expect([sent.status, sent.json.type]).not.toEqual([200, undefined]);
      expect([413, 415]).toContain(sent.status);
    }
    expect(await put(bomb(5000, 5001))).toMatchObject({ status: 413, json: { data: { maxPixels: 25_000_000 } } });
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  test("of a picture that is a program as well, the picture is kept", async () => {
    const payload = "<script>alert(document.domain)</script>PK\x03\x04";
    for (const made of [await flag(400, 400).gif().toBuffer(), await flag(400, 400).jpeg().toBuffer()]) {
      const { json } = await put(Buffer.concat([made, Buffer.from(payload)]), { "content-type": "text/html" });
      for (const accept of ["image/avif", "*/*"]) {
        const { bytes, headers } = await get(json.cover, { accept });
        expect(bytes.includes("script") || bytes.includes("PK\x03\x04")).toBe(false);
        expect(headers["content-type"]).toMatch(/^image\/(avif|webp)$/);
      }
    }
  });

  test("more than 10 MB is refused before it is read, or while it is", async () => {
    const tooLarge = { status: 413, json: { type: "TOO_LARGE", data: { maxBytes: 10_485_760 } } };
    expect(await put(Buffer.alloc(10_485_761))).toMatchObject(tooLarge);
    expect(await put(Buffer.alloc(12_000_000), { "transfer-encoding": "chunked" })).toMatchObject(tooLarge);
    const head = `PUT /api/items/mine/cover HTTP/1.1\r\nHost: x\r\nCookie: ${shop.session(ada)}\r\nContent-Length: 999999999\r\n\r\n`;
    expect(await wire(shop.port, head)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("who may not is refused before a byte is read", async () => {
    const picture = await flag(40, 40).png().toBuffer();
    expect((await shop.ask("PUT", "/api/items/mine/cover", { body: picture })).status).toBe(401);
    expect((await put(picture, { id: "other" })).status).toBe(404);
    expect((await put(picture, { origin: "https://evil.example" })).status).toBe(403);
  });
});

test("a rush of pictures leaves the shop answering, and whom it cannot take is told to come again", async () => {
  const picture = await noise();
  let over = false;
  const rush = Promise.all(Array.from({ length: 12 }, () => put(picture))).finally(() => (over = true));
  let answered = 0;
  for (; !over; answered++) expect((await shop.ask("GET", "/live")).status).toBe(200);
  const statuses = (await rush).map(({ status }) => status);
  expect(Map.groupBy(statuses, (status) => status).get(200)).toHaveLength(8);
  expect(statuses.filter((status) => status === 503)).toHaveLength(4);
  // While one is worked on others are answered: a blocked event loop would answer once a picture.
  expect(answered).toBeGreaterThan(3 * 8);
}, 60_000);
