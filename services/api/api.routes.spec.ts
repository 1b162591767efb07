import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { issueAccess } from "../auth/tokens.ts";
import { ada, at, gateway, item, order, until } from "./harness.ts";

type Gateway = Awaited<ReturnType<typeof gateway>>;
/** The last call of an action: what the gateway made of the request. */
const seen: Record<string, { params: any; meta: any }> = {};
const user = { ...ada, email: "ada@example.com", createdAt: at(0) };

const stubs = (shop: () => Gateway): Parameters<typeof gateway>[0] => ({
  auth: {
    signin(ctx) {
      ctx.meta.reply = { session: { access: issueAccess(shop().secrets, ada, Date.now()), refresh: "fresh" } };
      return { user };
    },
    me: ({ meta }) => ({ user: meta.user ? user : null }),
    renew: ({ params }) => ({
      user,
      access: issueAccess(shop().secrets, ada, Date.now()),
      refresh: `${params.refresh}+`,
    }),
  },
  items: {
    list: ({ params }) => ({ rows: [item("i1")], total: 1, page: params.page ?? 1, pageSize: 20 }),
    get({ params: { id }, meta }) {
      if (id === "draft" && !meta.user) throw fail("NOT_FOUND");
      if (id === "none") throw fail("NOT_FOUND");
      if (id === "broken") throw new Error("secret words");
      return item(id);
    },
    mayUpload({ params, meta }) {
      if (params.id !== "mine" || meta.user?.id !== "ada") throw fail("NOT_FOUND");
    },
    attachFile(ctx) {
      seen["items.attachFile"] = ctx;
      const { filename, size, type, sha256 } = ctx.params;
      return { filename, size, type, sha256, uploadedAt: at(0) };
    },
  },
  delivery: {
    link({ params, meta }) {
      if (!meta.guestOrders?.includes("o1")) throw fail("NOT_FOUND");
      return {
        location: shop().files.sign({ blob: params.id, filename: params.filename, type: "text/html" }, Date.now()),
      };
    },
  },
  orders: {
    create: () => order("o1", { token: shop().token("o1") }),
    get({ params, meta }) {
      if (!meta.guestOrders?.includes(params.id)) throw fail("NOT_FOUND");
      return order(params.id);
    },
  },
  payments: {
    webhook(ctx) {
      seen["payments.webhook"] = ctx;
      if (ctx.params.signature !== "good") throw fail("BAD_SIGNATURE");
      return { received: true };
    },
  },
  sandbox: {
    request(ctx) {
      seen["sandbox.request"] = ctx;
      const headers = { "content-type": "text/html", "x-own": "yes", connection: "close" };
      return { status: 402, headers, body: "declined" };
    },
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
afterAll(() => shop.stop());

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
    expect(seen["items.attachFile"]).toMatchObject({
      params: { id: "mine", ...file, blob: sha256 },
      meta: { user: { id: "ada" } },
    });
    expect(existsSync(join(shop.dir, "files", sha256.slice(0, 2), sha256))).toBe(true);
  });

  test("what is no media type is kept as bytes", async () => {
    await put("mine/files/a.zip", "x", { "content-type": "text/html; charset=x\u00ff" });
    expect(seen["items.attachFile"]!.params.type).toBe("application/octet-stream");
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
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
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
    expect(seen["payments.webhook"]!.params).toEqual({ body, signature: "good" });
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
    expect(seen["sandbox.request"]!.params).toMatchObject({
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
    await real.stop();
  });
});

describe("pages", () => {
  let pages: Gateway;
  const storefront = () => join(shop.dir, "storefront", "index.mjs");
  const built = `
    const head = '<script>themed()</script><script type="module" src="/a.js"></script><script type="application/json">{}</script>';
    export const listener = async (req, res) => {
      res.setHeader("content-type", "text/html");
      if (req.url === "/sell") return res.end(head);
      const asked = JSON.parse(decodeURIComponent(req.url.split("?")[1]));
      const replies = [];
      for (const [method, path, options] of asked) {
        replies.push(await req.$dispatch(method, path, options).catch(({ code, type, data, message }) => ({ code, type, data, message })));
      }
      res.end(JSON.stringify(replies));
    };`;
  /** A page that makes these calls while it is rendered, one after another. */
  const page = async (calls: [string, string, object?][], headers: Record<string, string> = {}) => {
    const sent = await pages.ask("GET", `/page?${encodeURIComponent(JSON.stringify(calls))}`, { headers });
    return { ...sent, replies: JSON.parse(sent.text) };
  };

  beforeAll(async () => {
    mkdirSync(join(shop.dir, "storefront"));
    writeFileSync(storefront(), built);
    pages = await open({ storefront: storefront() });
  });
  afterAll(() => pages.stop());

  test("a page asks the shop as by HTTP: parameters, refusals, errors", async () => {
    const { replies } = await page([
      ["GET", "/api/items", { query: { page: 2, q: undefined } }],
      ["GET", "/api/items?page=3"],
      ["GET", "/api/items", { query: { pages: 2 } }],
      ["GET", "/api/orders"],
      ["POST", "/api/items/none/publish"],
      ["GET", "/api/items/broken"],
      ["GET", "/api/nope"],
      ["GET", "/api/items/%zz"],
      ["POST", "/api/auth/signin", { body: { email: "a" } }],
    ]);
    expect(replies).toMatchObject([
      { page: 2, rows: [{ id: "i1" }] },
      { page: 3 },
      { code: 422, type: "VALIDATION_ERROR", data: [{ field: "pages", rule: "additionalProperties" }] },
      { code: 401, type: "SIGN_IN_REQUIRED" },
      { code: 401 },
      { code: 500, type: "INTERNAL", message: "Something went wrong on our side" },
      { code: 404, type: "NOT_FOUND" },
      { code: 404 },
      { code: 422, data: [{ field: "password", rule: "required" }] },
    ]);
    expect(String(pages.logged.at(-1)![1])).toContain("secret words");
  });

  test("what a page does for its visitor holds for the rest of it, and its cookies reach the browser", async () => {
    const { headers, replies } = await page([
      ["GET", "/api/auth/me"],
      ["POST", "/api/auth/signin", { body: { email: "a@b.c", password: "x" } }],
      ["GET", "/api/auth/me"],
      [
        "POST",
        "/api/orders",
        { body: { lines: [{ itemId: "i1", quantity: 1 }] }, headers: { "Idempotency-Key": "k" } },
      ],
      ["GET", "/api/orders/o1"],
    ]);
    expect(replies).toMatchObject([
      { user: null },
      { user: { id: "ada" } },
      { user: { id: "ada" } },
      { id: "o1" },
      { id: "o1" },
    ]);
    expect([headers["set-cookie"]].flat().map((cookie) => cookie!.split("=")[0])).toEqual([
      "session",
      "refresh",
      "order_o1",
    ]);
  });

  test("a session is renewed once a page", async () => {
    const { headers, replies } = await page(
      [
        ["GET", "/api/auth/me"],
        ["GET", "/api/auth/me"],
      ],
      { cookie: "refresh=r" },
    );
    expect(replies).toMatchObject([{ user: { id: "ada" } }, { user: { id: "ada" } }]);
    expect([headers["set-cookie"]].flat()[1]).toMatch(/^refresh=r\+;/);
  });

  test("of inline scripts only those that every page has may run; Stripe's at the checkout alone", async () => {
    const policyOf = async (gate: Gateway, path: string) =>
      String((await gate.ask("GET", `${path}?[]`)).headers["content-security-policy"]);
    const policy = await policyOf(pages, "/x");
    // SHA-256 of "themed()".
    expect(policy).toContain("script-src 'self' 'sha256-4GTHCRm7MKCqortv+uSf86zOrS/INyy3r6/MkK/IL/s=';");
    expect(policy).not.toMatch(/stripe|script-src[^;]*unsafe-inline/);
    expect(await policyOf(pages, "/checkout/o1")).not.toContain("stripe");
    const env = { STRIPE_SECRET_KEY: "sk_1", STRIPE_PUBLISHABLE_KEY: "pk_1", STRIPE_WEBHOOK_SECRET: "whsec_1" };
    const real = await open({ env, storefront: storefront() });
    expect(await policyOf(real, "/checkout/o1")).toMatch(
      /script-src [^;]*https:\/\/js\.stripe\.com;.*frame-src https:\/\/js\.stripe\.com/,
    );
    for (const path of ["/x", "/checkouts"]) expect(await policyOf(real, path)).not.toContain("stripe");
    await real.stop();
  });

  test("pages take GET, HEAD and forms of a bounded size", async () => {
    expect((await pages.ask("POST", "/x?[]", { body: "a=b" })).status).toBe(200);
    expect((await pages.ask("POST", "/x?[]", { body: "x".repeat(1_048_577) })).status).toBe(413);
    const sent = await pages.ask("DELETE", "/x?[]");
    expect(sent).toMatchObject({ status: 405, headers: { allow: "GET, HEAD, POST" } });
    expect((await pages.ask("POST", "/x?[]", { headers: { origin: "https://evil.example" } })).status).toBe(403);
  });

  test("a storefront that is not built says how to build it", async () => {
    const sent = await shop.ask("GET", "/");
    expect(sent).toMatchObject({ status: 404, headers: { "content-type": "text/plain; charset=utf-8" } });
    expect(sent.text).toContain("npm run build");
  });
});
