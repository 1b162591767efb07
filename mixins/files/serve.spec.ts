import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { holding, onBothPlaces, sha, type Holder } from "../../tests/files.ts";
import type { FilesHandle } from "./files.ts";

const text = "The quick brown fox";
const html = "<script>alert(document.domain)</script>";

const until = async (condition: () => boolean) => {
  for (const end = Date.now() + 5000; !condition(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > end) throw new Error("waited in vain");
};

onBothPlaces("serving files", (place) => {
  let shop: Holder;
  let files: FilesHandle;
  let server: Server;
  let blob: string;
  let type: string;
  let filename: string;

  interface Answer {
    status: number;
    headers: IncomingMessage["headers"];
    body: string;
  }
  const send = (method: string, headers: OutgoingHttpHeaders = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      request({ port, method, headers, agent: false }, resolve).once("error", reject).end();
    });
  const ask = async (headers: OutgoingHttpHeaders = {}, method = "GET"): Promise<Answer> => {
    const res = await send(method, headers);
    return { status: res.statusCode!, headers: res.headers, body: (await buffer(res)).toString() };
  };
  const keep = async (bytes: Buffer | string) => {
    blob = (await files.put(Readable.from([Buffer.from(bytes)]))).blob;
  };

  beforeAll(async () => {
    shop = await holding({ env: place.env() });
    files = shop.files;
    server = createServer((req, res) => {
      files.serve(req, res, { blob, filename, type }).catch((error) => {
        res.statusCode = error.code;
        res.end(JSON.stringify({ type: error.type }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await shop.stop();
  });
  beforeEach(() => {
    filename = "fox.txt";
    type = "text/plain";
    return keep(text);
  });

  test("a file, as an attachment that cannot run", async () => {
    type = "text/html";
    filename = `Föx "1'.html`;
    await keep(html);
    const { status, headers, body } = await ask();
    expect([status, body]).toEqual([200, html]);
    expect(headers).toMatchObject({
      "content-type": "text/html",
      "content-length": String(html.length),
      "content-disposition": `attachment; filename="F_x _1'.html"; filename*=UTF-8''F%C3%B6x%20%221%27.html`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cache-control": "private",
      "accept-ranges": "bytes",
      etag: `"${sha(html)}"`,
    });
  });

  test("a type that is none is served as bytes", async () => {
    type = "text/html\r\nset-cookie: a=b";
    expect((await ask()).headers["content-type"]).toBe("application/octet-stream");
  });

  test.each([
    ["bytes=4-8", "quick", "bytes 4-8/19"],
    ["bytes=16-", "fox", "bytes 16-18/19"],
    ["bytes=-3", "fox", "bytes 16-18/19"],
    ["bytes=-99", text, "bytes 0-18/19"],
    ["bytes=0-0", "T", "bytes 0-0/19"],
    ["bytes=16-99999999999999999999", "fox", "bytes 16-18/19"],
  ])("range %s", async (range, body, contentRange) => {
    const answer = await ask({ range });
    expect(answer).toMatchObject({ status: 206, body });
    expect(answer.headers).toMatchObject({ "content-range": contentRange, "content-length": String(body.length) });
  });

  test.each(["bytes=19-", "bytes=99-100", "bytes=-0"])("range %s lies outside", async (range) => {
    const answer = await ask({ range });
    expect(answer).toMatchObject({ status: 416, body: `{"type":"RANGE_NOT_SATISFIABLE"}` });
    expect(answer.headers["content-range"]).toBe("bytes */19");
  });

  test.each(["bytes=0-1,4-5", "bytes=8-4", "bytes=-", "bytes=a-b", "lines=1-2"])(
    "range %s is ignored",
    async (range) => {
      const answer = await ask({ range });
      expect(answer).toMatchObject({ status: 200, body: text });
      expect(answer.headers["content-range"]).toBeUndefined();
    },
  );

  test("no range of an empty file exists", async () => {
    await keep("");
    expect(await ask()).toMatchObject({ status: 200, body: "" });
    expect((await ask({ range: "bytes=0-" })).status).toBe(416);
    expect((await ask({ range: "bytes=-1" })).status).toBe(416);
  });

  test("conditions", async () => {
    const etag = `"${blob}"`;
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await ask({ "if-none-match": tag, range: "bytes=4-8" });
      expect(answer).toMatchObject({ status: 304, body: "" });
      expect(answer.headers).toMatchObject({ etag, "cache-control": "private" });
    }
    expect((await ask({ "if-none-match": `"other"` })).status).toBe(200);
    expect((await ask({ range: "bytes=4-8", "if-range": etag })).status).toBe(206);
    for (const other of [`"other"`, `W/${etag}`, new Date().toUTCString()])
      expect((await ask({ range: "bytes=4-8", "if-range": other })).status).toBe(200);
  });

  test("HEAD says what GET would, without the body", async () => {
    const head = await ask({ range: "bytes=4-8" }, "HEAD");
    expect(head).toMatchObject({ status: 200, body: "" });
    const [{ date: _, ...says }, { date: __, ...would }] = [head.headers, (await ask()).headers];
    expect(says).toEqual(would);
  });

  test("other methods and unknown files", async () => {
    const post = await ask({}, "POST");
    expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
    blob = sha("unknown");
    expect(await ask()).toMatchObject({ status: 404, body: `{"type":"NOT_FOUND"}` });
  });

  test("a slow client holds back the reading, and one that leaves closes the file", async () => {
    await keep(Buffer.alloc(40 * 1024 * 1024, "x"));
    let source: Readable;
    let read = 0;
    const whole = files.open;
    files.open = async (...what) => {
      source = await whole.apply(files, what);
      const counted = async function* () {
        for await (const chunk of source as AsyncIterable<Buffer>) {
          read += chunk.length;
          yield chunk;
        }
      };
      return Readable.from(counted(), { highWaterMark: 1 });
    };
    const res = await send("GET");
    await new Promise((resolve) => res.once("readable", resolve));
    let before = -1;
    await until(() => before === (before = read));
    expect(read).toBeLessThan(32 * 1024 * 1024);
    expect(source!.closed).toBe(false);
    res.destroy();
    await until(() => source.closed);
    files.open = whole;
  }, 90_000);
});
