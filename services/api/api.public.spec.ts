import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { ada, gateway, item, until, type Gateway } from "./harness.ts";
import { RENDER_EVERY } from "./pages.cache.ts";

/** How old a page may be at most, ms. */
const STALE_AT_MOST = 300;
const WORDS = "So that it is long enough to be worth compressing. ".repeat(40);

/** A storefront that shows on every page what it was asked with, and what the shop answered. */
const built = `
  let renders = 0;
  export const listener = async (req, res) => {
    const [path] = req.url.split("?");
    if (path === "/_nuxt/a.js") return res.setHeader("content-type", "text/javascript"), res.end("${WORDS}");
    res.setHeader("content-type", "text/html;charset=utf-8");
    res.setHeader("x-powered-by", "Nuxt");
    if (path === "/sell") return res.end("<p>");
    if (path === "/s/away") return res.writeHead(302, { location: "/elsewhere" }).end();
    if (path === "/s/cookie") res.setHeader("set-cookie", "who=" + (req.headers.cookie ?? "nobody"));
    const asks = path.startsWith("/p/") ? "/api/items/" + path.slice(3) : path === "/legal/terms" ? null : "/api/items";
    const shop = asks && (await req.$dispatch("GET", asks).catch(({ code }) => ({ code })));
    if (shop?.code) res.statusCode = shop.code;
    const { headers } = req;
    res.end(JSON.stringify({ renders: ++renders, url: req.url, headers, shop, words: "${WORDS}" }));
  };`;

let shop: Gateway;
let title: string;
let calls: { user?: object }[];
const folder = mkdtempSync(join(tmpdir(), "holdfast-"));

beforeAll(async () => {
  const storefront = join(folder, "index.mjs");
  writeFileSync(storefront, built);
  shop = await gateway(
    {
      items: {
        get({ params: { id }, meta }) {
          calls.push(meta);
          if (id === "none" || (id === "draft" && !meta.user)) throw fail("NOT_FOUND");
          return { ...item(id), title };
        },
        list: ({ meta }) => {
          calls.push(meta);
          return { rows: [{ ...item("i1"), title }], total: 1, page: 1, pageSize: 20 };
        },
      },
    },
    { storefront, env: { PUBLIC_URL: "https://shop.example" } },
  );
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  title = "Night Bus";
  calls = [];
});

const show = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
  const sent = await shop.ask(method, path, { headers });
  return { ...sent, shown: sent.text.startsWith("{") ? JSON.parse(sent.text) : null };
};
/** The bytes of a reply as they came. */
const bytesOf = (path: string, accept: string) =>
  new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
    get({ port: shop.port, path, agent: false, headers: { "accept-encoding": accept } }, async (res) =>
      resolve({ encoding: res.headers["content-encoding"], body: await buffer(res) }),
    ).once("error", reject);
  });

describe("a public page", () => {
  test("is made for nobody: of a request it knows the address and the language", async () => {
    const { headers, shown } = await show("/p/mine?page=2", {
      cookie: `${shop.session(ada)}; order_o1=${shop.token("o1")}; lang=de`,
      "order-token": shop.token("o1"),
      authorization: "Bearer x",
      "user-agent": "Ada's",
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-host": "evil.example",
      host: "evil.example",
    });
    expect(shown.headers).toEqual({
      accept: "text/html",
      host: "shop.example",
      "x-forwarded-proto": "https",
      "x-lang": "de",
      "x-test-mode": "1",
      "x-operator": "",
    });
    expect(shown.url).toBe("/p/mine?page=2");
    expect(calls).toHaveLength(1);
    expect(calls[0]).not.toHaveProperty("user");
    expect(calls[0]).not.toHaveProperty("guestOrders");
    expect(headers["set-cookie"]).toBeUndefined();
    expect((await show("/p/mine?page=2", { cookie: "lang=de" })).shown).toEqual(shown);
  });

  test("that leads elsewhere says where", async () => {
    for (const _ of [1, 2])
      expect(await show("/s/away")).toMatchObject({ status: 302, headers: { location: "/elsewhere" } });
  });

  test("that sets a cookie is rendered for each reader, and kept for none", async () => {
    const replies = await Promise.all(["a=1", "a=2"].map((cookie) => show("/s/cookie", { cookie })));
    replies.push(await show("/s/cookie", { cookie: "a=3" }));
    expect(replies.map(({ headers }) => headers["set-cookie"])).toEqual([["who=a=1"], ["who=a=2"], ["who=a=3"]]);
    expect(new Set(replies.map(({ shown }) => shown.renders)).size).toBe(3);
    expect(replies[0]!.headers["cache-control"]).toBe("private, no-cache");
  });

  test.each([
    [{}, "en"],
    [{ "accept-language": "de-AT,de;q=0.9,en;q=0.8" }, "de"],
    [{ "accept-language": "en-GB,de;q=0.9" }, "en"],
    [{ "accept-language": "de;q=0.3, fr, en;q=0.5" }, "en"],
    [{ "accept-language": "fr,es;q=0.5" }, "en"],
    [{ "accept-language": "en;q=0,de;q=0.1" }, "de"],
    [{ "accept-language": "de", cookie: "a=b; lang=en" }, "en"],
    [{ "accept-language": "en", cookie: "lang=de" }, "de"],
    [{ "accept-language": "de", cookie: "lang=klingon" }, "de"],
    [{ "x-lang": "de" }, "en"],
  ] as [Record<string, string>, string][])("with %j is in the language %s", async (headers, language) => {
    for (const path of ["/legal/terms", "/account"]) {
      const sent = await show(path, headers);
      expect(sent.shown.headers["x-lang"]).toBe(language);
      expect(sent.headers).toMatchObject({
        "content-language": language,
        vary: "Cookie, Accept-Language, Accept-Encoding",
      });
    }
  });

  test("is sent in the best encoding that the client takes, and not again to whoever has it", async () => {
    const plain = await show("/legal/terms");
    const { etag = "" } = plain.headers as Record<string, string>;
    const [brotli, gzip] = [await bytesOf("/legal/terms", "gzip, deflate, br"), await bytesOf("/legal/terms", "gzip")];
    expect([brotli.encoding, gzip.encoding]).toEqual(["br", "gzip"]);
    expect(brotliDecompressSync(brotli.body).toString()).toBe(plain.text);
    expect(gunzipSync(gzip.body).toString()).toBe(plain.text);
    expect((await bytesOf("/legal/terms", "br;q=0, gzip;q=0")).encoding).toBeUndefined();
    expect(plain.headers).toMatchObject({ "cache-control": "no-cache", "content-type": "text/html;charset=utf-8" });
    expect(plain.headers).not.toHaveProperty("x-powered-by");
    for (const known of [etag, `"other", ${etag}`, "*"]) {
      const again = await show("/legal/terms", { "if-none-match": known });
      expect(again).toMatchObject({ status: 304, text: "", headers: { etag, "cache-control": "no-cache" } });
      expect(again.headers).toHaveProperty("content-security-policy", plain.headers["content-security-policy"]);
    }
    expect((await show("/legal/terms", { "if-none-match": '"other"' })).status).toBe(200);
    const head = await show("/legal/terms", {}, "HEAD");
    expect(head).toMatchObject({ status: 200, text: "", headers: { etag } });
  });

  test("that is there for its owner alone is shown to nobody else, before and after", async () => {
    const cookie = shop.session(ada);
    for (const sentAlong of [undefined, cookie, undefined, "lang=en", cookie]) {
      const sent = await show("/p/draft", sentAlong ? { cookie: sentAlong } : {});
      const isOwner = sentAlong === cookie;
      expect([sent.status, sent.text.includes("Night Bus")]).toEqual(isOwner ? [200, true] : [404, false]);
      if (isOwner) expect(sent.headers["cache-control"]).toBe("private, no-cache");
    }
  });

  test("that is not there is 404 each time, and there when it is", async () => {
    const missing = await show("/p/none");
    expect(missing.status).toBe(404);
    expect(missing.headers).not.toHaveProperty("etag");
    expect((await show("/p/none")).shown.renders).toBeGreaterThan(missing.shown.renders);
  });
});

describe("what was written", () => {
  /** What a page shows that somebody opens as late as a page may be out of date. */
  const shownLate = async (path: string, since: number) => {
    await until(() => Date.now() - since >= STALE_AT_MOST);
    return JSON.stringify((await show(path)).shown.shop);
  };

  test.each([
    ["a fact of the item", () => shop.fact("item.changed", { id: "i1" })],
    ["a fact of an order", () => shop.fact("order.reserved", { id: "o1", seller: "s", items: ["i1"], expiresAt: 1 })],
    ["a hint of its stock", () => shop.broker.broadcast("stock.changed", { items: ["i1"] })],
  ])("is on its page and on every list %s later", async (words, tell) => {
    for (const path of ["/p/i1", "/", "/search?q=bus", "/s/seller"]) await show(path);
    title = `After ${words}`;
    const since = Date.now();
    await tell();
    for (const path of ["/p/i1", "/", "/search?q=bus", "/s/seller"])
      expect(await shownLate(path, since)).toContain(title);
  });

  test("leaves pages of other items as they are", async () => {
    const before = await show("/p/other");
    await shop.broker.broadcast("stock.changed", { items: ["i1"] });
    await shop.fact("item.changed", { id: "i1" });
    await until(async () => (await show("/")).shown.renders > before.shown.renders);
    expect((await show("/p/other")).shown).toEqual(before.shown);
  });

  test("is rendered once for a rush of people", async () => {
    const { shown } = await show("/p/rush");
    await shop.broker.broadcast("stock.changed", { items: ["rush"] });
    const start = Date.now();
    const replies = await Promise.all(Array.from({ length: 60 }, () => show("/p/rush")));
    const most = 1 + Math.ceil((Date.now() - start) / RENDER_EVERY);
    const renders = new Set(replies.map((reply) => reply.shown.renders));
    expect(renders.has(shown.renders)).toBe(false);
    expect(renders.size).toBeLessThanOrEqual(most);
  });
});

describe("any other page", () => {
  test("is rendered for its reader alone, and compressed", async () => {
    const cookie = shop.session(ada);
    const [first, second] = [await show("/library", { cookie }), await show("/library", { cookie })];
    expect(first.shown.headers).toMatchObject({ cookie, "x-lang": "en" });
    expect(second.shown.renders).toBeGreaterThan(first.shown.renders);
    expect(calls[0]!.user).toMatchObject({ id: "ada" });
    expect(first.headers["cache-control"]).toBe("private, no-cache");
    for (const name of ["x-powered-by", "etag"]) expect(first.headers).not.toHaveProperty(name);
    const { encoding, body } = await bytesOf("/library", "br");
    expect([encoding, JSON.parse(brotliDecompressSync(body).toString()).url]).toEqual(["br", "/library"]);
    expect((await bytesOf("/sell", "br")).encoding).toBeUndefined();
  });

  test("and whatever is no page goes out as the storefront sends it", async () => {
    expect((await bytesOf("/_nuxt/a.js", "br, gzip")).encoding).toBeUndefined();
    const { headers } = await show("/_nuxt/a.js");
    for (const name of ["vary", "content-language", "cache-control"]) expect(headers).not.toHaveProperty(name);
    expect((await bytesOf("/api/items", "br, gzip")).encoding).toBeUndefined();
  });
});
