import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { issueAccess } from "../auth/tokens.ts";
import { fail } from "../../core/errors.ts";
import { ada, adasAccount as user, cookiesOf, gateway, item, order, type Gateway } from "./harness.ts";

const stubs = (shop: () => Gateway): Parameters<typeof gateway>[0] => ({
  auth: {
    signin(ctx) {
      ctx.meta.reply = { session: { access: issueAccess(shop().secrets, ada, Date.now()), refresh: "fresh" } };
      return { user };
    },
    me: ({ meta }) => ({ user: meta.user ? user : null }),
    renew: ({ params: { refresh } }) => ({
      user,
      access: issueAccess(shop().secrets, ada, Date.now()),
      refresh: `${refresh}+`,
    }),
  },
  items: {
    list: ({ params }) => ({ rows: [item("i1")], total: 1, page: params.page ?? 1, pageSize: 20 }),
    get() {
      throw new Error("secret words");
    },
  },
  orders: {
    create: () => order("o1", { token: shop().token("o1") }),
    get({ params, meta }) {
      if (!meta.guestOrders?.includes(params.id)) throw fail("NOT_FOUND");
      return order(params.id);
    },
  },
});
const open = async (more: Parameters<typeof gateway>[1] = {}) => {
  const opened: Gateway = await gateway(
    stubs(() => opened),
    more,
  );
  return opened;
};

let pages: Gateway;
const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
const storefront = join(folder, "index.mjs");
const built = `
  const buy = async (req, res) => {
    const form = new URLSearchParams(Buffer.concat(await req.toArray()).toString());
    const line = { itemId: req.url.slice(3), quantity: Number(form.get("quantity")) };
    const options = { body: { lines: [line] }, headers: { "Idempotency-Key": form.get("key") } };
    try {
      const { id } = await req.$dispatch("POST", "/api/orders", options);
      res.writeHead(303, { location: "/checkout/" + id }).end();
    } catch ({ code, type }) {
      res.statusCode = code;
      res.end("<p>" + type);
    }
  };
  const head = '<script>themed()</script><script type="module" src="/a.js"></script><script type="application/json">{}</script>';
  export const listener = async (req, res) => {
    res.setHeader("content-type", "text/html");
    if (req.url === "/sell") return res.end(head);
    if (req.method === "POST" && req.url.startsWith("/p/")) return buy(req, res);
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
  writeFileSync(storefront, built);
  pages = await open({ storefront });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
});

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
  const { replies, ...sent } = await page([
    ["GET", "/api/auth/me"],
    ["POST", "/api/auth/signin", { body: { email: "a@b.c", password: "x" } }],
    ["GET", "/api/auth/me"],
    ["POST", "/api/orders", { body: { lines: [{ itemId: "i1", quantity: 1 }] }, headers: { "Idempotency-Key": "k" } }],
    ["GET", "/api/orders/o1"],
  ]);
  expect(replies).toMatchObject([
    { user: null },
    { user: { id: "ada" } },
    { user: { id: "ada" } },
    { id: "o1" },
    { id: "o1" },
  ]);
  expect(cookiesOf(sent).map((cookie) => cookie.split("=")[0])).toEqual(["session", "refresh", "order_o1"]);
});

test("a session is renewed once a page", async () => {
  const { replies, ...sent } = await page(
    [
      ["GET", "/api/auth/me"],
      ["GET", "/api/auth/me"],
    ],
    { cookie: "refresh=r" },
  );
  expect(replies).toMatchObject([{ user: { id: "ada" } }, { user: { id: "ada" } }]);
  expect(cookiesOf(sent)[1]).toMatch(/^refresh=r\+;/);
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
  const real = await open({ env, storefront });
  expect(await policyOf(real, "/checkout/o1")).toMatch(
    /script-src [^;]*https:\/\/js\.stripe\.com;.*frame-src https:\/\/js\.stripe\.com/,
  );
  for (const path of ["/x", "/checkouts"]) expect(await policyOf(real, path)).not.toContain("stripe");
});

test("pages take GET, HEAD and forms of a bounded size", async () => {
  expect((await pages.ask("POST", "/x?[]", { body: "a=b" })).status).toBe(200);
  expect((await pages.ask("POST", "/x?[]", { body: "x".repeat(1_048_577) })).status).toBe(413);
  const sent = await pages.ask("DELETE", "/x?[]");
  expect(sent).toMatchObject({ status: 405, headers: { allow: "GET, HEAD, POST" } });
  expect((await pages.ask("POST", "/x?[]", { headers: { origin: "https://evil.example" } })).status).toBe(403);
});

test("a form of a page is sent without JavaScript: its route asks the shop, and sends the browser on", async () => {
  const form = {
    "content-type": "application/x-www-form-urlencoded",
    origin: pages.url,
    "sec-fetch-site": "same-origin",
  };
  const send = (path: string, body: string, headers: Record<string, string> = {}) =>
    pages.ask("POST", path, { body, headers: { ...form, host: `127.0.0.1:${pages.port}`, ...headers } });
  for (const key of ["k1", "k2"]) {
    const sent = await send("/p/i1", `quantity=2&key=${key}`, { cookie: pages.session(ada) });
    expect(sent).toMatchObject({ status: 303, headers: { location: "/checkout/o1" } });
    expect(cookiesOf(sent)[0]).toMatch(/^order_o1=.*; HttpOnly; SameSite=Lax/);
    expect(pages.seen["orders.create"]).toMatchObject({
      params: { lines: [{ itemId: "i1", quantity: 2 }], idempotencyKey: key },
      meta: { user: { id: "ada" } },
    });
  }
  const refused = await send("/p/i1", "quantity=many&key=k");
  expect(refused).toMatchObject({ status: 422, text: "<p>VALIDATION_ERROR", headers: { "cache-control": "no-store" } });
  for (const origin of ["https://evil.example", "null"])
    expect((await send("/p/i1", "quantity=1&key=k", { origin })).status).toBe(403);
  expect((await send("/p/i1", "quantity=1&key=k", { "sec-fetch-site": "cross-site" })).status).toBe(403);
});

test("a storefront that is not built says how to build it", async () => {
  const bare = await open();
  const sent = await bare.ask("GET", "/");
  expect(sent).toMatchObject({ status: 404, headers: { "content-type": "text/plain; charset=utf-8" } });
  expect(sent.text).toContain("npm run build");
});
