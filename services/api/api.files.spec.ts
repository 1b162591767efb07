import { existsSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { ada, at, gateway, item, until, wire, type Gateway } from "./harness.ts";

const stubs = (shop: () => Gateway): Parameters<typeof gateway>[0] => ({
  items: {
    get({ params: { id }, meta }) {
      if (id === "draft" && !meta.user) throw fail("NOT_FOUND");
      if (id === "none") throw fail("NOT_FOUND");
      return item(id);
    },
    mayUpload({ params, meta }) {
      if (params.id !== "mine" || meta.user?.id !== "ada") throw fail("NOT_FOUND");
    },
    attachFile: ({ params: { filename, size, type, sha256 } }) => ({ filename, size, type, sha256, uploadedAt: at(0) }),
  },
  delivery: {
    async link({ params, meta }) {
      if (!meta.guestOrders?.includes("o1")) throw fail("NOT_FOUND");
      const file = { blob: params.id, filename: params.filename, type: "text/html" };
      return { location: await shop().files.sign(file, Date.now()) };
    },
  },
  payments: {
    webhook(ctx) {
      if (ctx.params.signature !== "good") throw fail("BAD_SIGNATURE");
      return { received: true };
    },
  },
  sandbox: {
    request: () => ({
      status: 402,
      headers: { "content-type": "text/html", "x-own": "yes", connection: "close" },
      body: "declined",
    }),
  },
});

let shop: Gateway;
const open = async (more: Parameters<typeof gateway>[1] = {}) => {
  const opened: Gateway = await gateway(
    stubs(() => opened),
    more,
  );
  return opened;
};
const asAda = () => ({ cookie: shop.session(ada) });
beforeAll(async () => {
  shop = await open({ env: { UPLOAD_MAX_MB: "1" } });
});

describe("uploads", () => {
  const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    shop.ask("PUT", `/api/items/${path}`, { body, headers: { ...asAda(), ...headers } });
  const kept = () =>
    readdirSync(join(shop.dir, "files"), { recursive: true, withFileTypes: true }).filter((file) => file.isFile());

  test("stores the bytes, then tells items what they are", async () => {
    const sent = await put("mine/files/a%20b.zip", "hello", { "content-type": "application/zip" });
    const sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    const file = { filename: "a b.zip", size: 5, type: "application/zip", sha256 };
    expect(sent).toMatchObject({ status: 201, json: { file } });
    expect(shop.seen["items.attachFile"]).toMatchObject({
      params: { id: "mine", ...file, blob: sha256 },
      meta: { user: { id: "ada" } },
    });
    expect(existsSync(join(shop.dir, "files", sha256.slice(0, 2), sha256))).toBe(true);
  });

  test("what is no media type is kept as bytes", async () => {
    await put("mine/files/a.zip", "x", { "content-type": "text/html; charset=x\u00ff" });
    expect(shop.seen["items.attachFile"]!.params.type).toBe("application/octet-stream");
  });

  test("who may not upload is refused before a byte is read", async () => {
    const before = kept().length;
    const unsent = (path: string, headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const asked = { host: "127.0.0.1", port: shop.port, method: "PUT", path: `/api/items/${path}`, agent: false };
        const sent = request({ ...asked, headers: { "content-length": 1_000_000, ...headers } }, (res) => {
          resolve(res.statusCode!);
          sent.destroy();
        }).once("error", reject);
        sent.flushHeaders();
      });
    expect(await unsent("mine/files/a.zip", {})).toBe(401);
    expect(await unsent("other/files/a.zip", asAda())).toBe(404);
    expect(await unsent("mine/files/a.zip", { ...asAda(), "content-length": "1048577" })).toBe(413);
    expect(kept()).toHaveLength(before);
  });

  test("a refused client that never sends what it announced is let go", async () => {
    const head = `PUT /api/items/mine/files/a.zip HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n`;
    const start = Date.now();
    expect(await wire(shop.port, head)).toMatch(/^HTTP\/1.1 401 /);
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  test("too many bytes leave nothing, and the refusal arrives", async () => {
    const before = kept().length;
    const sent = await put("mine/files/a.zip", Buffer.alloc(3_000_000), { "transfer-encoding": "chunked" });
    expect(sent).toMatchObject({ status: 413, json: { type: "TOO_LARGE", data: { maxBytes: 1_048_576 } } });
    expect(kept()).toHaveLength(before);
  });

  test("an upload that breaks off leaves nothing, and no error in the log", async () => {
    const before = kept().length;
    const uploading = () => readdirSync(join(shop.dir, "files", "uploads")).length;
    const sent = request({
      host: "127.0.0.1",
      port: shop.port,
      method: "PUT",
      path: "/api/items/mine/files/a.zip",
      headers: { ...asAda(), "content-length": 500_000 },
    }).on("error", () => {});
    sent.write(Buffer.alloc(100_000));
    await until(() => uploading() === 1);
    sent.destroy();
    await until(() => uploading() === 0);
    expect(kept()).toHaveLength(before);
    expect(shop.logged).toEqual([]);
  });

  test.each([
    "%2e%2e%2fetc",
    "..%5c..%5cx",
    "a%00b",
    ".hidden",
    "a%2fb",
    "%20",
    "x".repeat(121),
    "na%C3%AFve",
    "a\u00a0b",
  ])("%j is no file name", async (name) => {
    const path = `mine/files/${encodeURI(decodeURI(name)).replaceAll("%25", "%")}`;
    expect(await put(path, "x")).toMatchObject({ status: 422, json: { data: [{ field: "filename" }] } });
  });
});

describe("downloads", () => {
  test("a buyer is sent on to a link that needs no cookie, and runs nothing", async () => {
    const { json } = await shop.ask("PUT", "/api/items/mine/files/page.html", { body: "<script>", headers: asAda() });
    const path = `/api/library/${json.file.sha256}/files/page.html`;
    expect((await shop.ask("GET", path)).status).toBe(404);
    const sent = await shop.ask("GET", path, { headers: { "order-token": shop.token("o1") } });
    expect(sent.status).toBe(302);
    const link = sent.headers["location"] as string;
    const file = await shop.ask("GET", link);
    expect(file).toMatchObject({ status: 200, text: "<script>" });
    expect(file.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-disposition": expect.stringMatching(/^attachment/),
    });
    expect(file.headers["content-security-policy"]).toContain("sandbox");
    expect((await shop.ask("GET", link, { headers: { range: "bytes=1-2" } })).text).toBe("sc");
    expect((await shop.ask("GET", link, { headers: { range: "bytes=99-" } })).status).toBe(416);
    expect(await shop.ask("GET", link.replace("page", "Page"))).toMatchObject({
      status: 403,
      json: { type: "LINK_EXPIRED" },
    });
    expect((await shop.ask("DELETE", link)).status).toBe(405);
  });
});

describe("covers", () => {
  test("a drawing that may be cached, and that runs nothing", async () => {
    const drawn = await shop.ask("GET", "/covers/i1.svg");
    expect(drawn.text).toMatch(/^<svg /);
    expect(drawn.headers).toMatchObject({
      "content-type": "image/svg+xml; charset=utf-8",
      "cache-control": "public, max-age=3600",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    });
    const headers = { "if-none-match": drawn.headers["etag"] as string };
    expect(await shop.ask("GET", "/covers/i1.svg", { headers })).toMatchObject({ status: 304, text: "" });
  });

  test("a draft's is for its seller", async () => {
    expect((await shop.ask("GET", "/covers/draft.svg")).status).toBe(404);
    const drawn = await shop.ask("GET", "/covers/draft.svg", { headers: asAda() });
    expect(drawn).toMatchObject({ status: 200, headers: { "cache-control": "private, max-age=3600" } });
    expect((await shop.ask("GET", "/covers/none.svg")).status).toBe(404);
    expect((await shop.ask("GET", "/covers/none")).status).toBe(404);
  });
});

describe("raw bodies", () => {
  test("a webhook arrives to the byte, from whatever site and of whatever type", async () => {
    const body = '{ "id":"evt_1",\n"é":1 }';
    const headers = { "stripe-signature": "good", "content-type": "text/plain", origin: "https://stripe.example" };
    const sent = await shop.ask("POST", "/api/webhooks/stripe", { body, headers });
    expect(sent).toMatchObject({ status: 200, json: { received: true } });
    expect(shop.seen["payments.webhook"]!.params).toEqual({ body, signature: "good" });
    expect(await shop.ask("POST", "/api/webhooks/stripe", { body })).toMatchObject({
      status: 400,
      json: { type: "BAD_SIGNATURE" },
    });
    expect((await shop.ask("POST", "/api/webhooks/stripe", { body: "x".repeat(1_048_577), headers })).status).toBe(413);
  });

  test("/v1 goes to the sandbox as it came, and its answer comes back so", async () => {
    const headers = {
      authorization: "Bearer pk",
      "content-type": "application/x-www-form-urlencoded",
      origin: "https://evil.example",
    };
    const sent = await shop.ask("POST", "/v1/payment_intents/pi_1/confirm?a=%2F&a=2", { body: "key=a%20b", headers });
    expect(sent).toMatchObject({
      status: 402,
      text: "declined",
      headers: { "x-own": "yes", "content-type": "text/html" },
    });
    expect(shop.seen["sandbox.request"]!.params).toMatchObject({
      method: "POST",
      path: "/v1/payment_intents/pi_1/confirm?a=%2F&a=2",
      body: "key=a%20b",
      headers: { authorization: "Bearer pk" },
    });
    expect((await shop.ask("PUT", "/v1/x", { body: "x".repeat(1_048_577) })).status).toBe(413);
  });

  test("/v1 is nothing where Stripe is Stripe", async () => {
    const env = { STRIPE_SECRET_KEY: "sk_1", STRIPE_PUBLISHABLE_KEY: "pk_1", STRIPE_WEBHOOK_SECRET: "whsec_1" };
    const real = await open({ env });
    expect(await real.ask("GET", "/v1/x")).toMatchObject({ status: 404, json: { type: "NOT_FOUND" } });
  });
});
