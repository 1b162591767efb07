import { beforeAll, describe, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { issueAccess } from "../auth/tokens.ts";
import { ada, adasAccount as user, cookiesOf, gateway, item, order, until, type Gateway } from "./harness.ts";

let renewals = 0;
let renewing: Promise<unknown> = Promise.resolve();

const stubs = (shop: () => Gateway): Parameters<typeof gateway>[0] => ({
  auth: {
    me: ({ meta }) => ({ user: meta.user ? user : null }),
    signin(ctx) {
      if (ctx.params.password !== "correct horse") throw fail("BAD_CREDENTIALS");
      ctx.meta.reply = { session: { access: issueAccess(shop().secrets, ada, Date.now()), refresh: "fresh" } };
      return { user };
    },
    signout(ctx) {
      ctx.meta.reply = { session: null };
    },
    async renew({ params: { refresh } }) {
      renewals++;
      await renewing;
      if (refresh === "late") throw fail("TRY_AGAIN");
      if (refresh !== "good") return null;
      return { user, access: issueAccess(shop().secrets, ada, Date.now()), refresh: "better" };
    },
  },
  items: { get: ({ params }) => item(params.id) },
  orders: {
    create: ({ meta }) => order("o1", meta.user ? {} : { token: shop().token("o1") }),
    get({ params: { id }, meta }) {
      if (!meta.guestOrders?.includes(id)) throw fail("NOT_FOUND");
      return order(id);
    },
    list: () => ({ rows: [], total: 0, page: 1, pageSize: 20 }),
  },
});
const open = async (env: Record<string, string> = {}) => {
  const opened: Gateway = await gateway(
    stubs(() => opened),
    { env },
  );
  return opened;
};
let shop: Gateway;
beforeAll(async () => {
  shop = await open();
});

describe("sessions", () => {
  const me = (cookie: string) => shop.ask("GET", "/api/auth/me", { headers: { cookie } });

  test("a session cookie says who asks; an expired, forged or foreign one says nothing", async () => {
    expect((await me(shop.session(ada))).json.user.id).toBe("ada");
    const forged = `${shop.session(ada).slice(0, -3)}AAA`;
    for (const cookie of [shop.session(ada, Date.now() - 901_000), forged, "session=", "session=a.b.c", "session"])
      expect((await me(cookie)).json).toEqual({ user: null });
  });

  test("what is for users is 401 to others", async () => {
    expect(await shop.ask("GET", "/api/orders")).toMatchObject({ status: 401, json: { type: "SIGN_IN_REQUIRED" } });
    expect((await shop.ask("GET", "/api/orders", { headers: { cookie: shop.session(ada) } })).status).toBe(200);
  });

  test("signing in sets two cookies that no script reads; signing out takes them away", async () => {
    const body = { email: "ada@example.com", password: "correct horse" };
    const signedIn = await shop.ask("POST", "/api/auth/signin", { body });
    expect(cookiesOf(signedIn)).toEqual([
      expect.stringMatching(/^session=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/),
      "refresh=fresh; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
    ]);
    const cookie = `${shop.session(ada)}; refresh=fresh`;
    const signedOut = await shop.ask("POST", "/api/auth/signout", { headers: { cookie } });
    expect(signedOut.status).toBe(204);
    expect(shop.seen["auth.signout"]!.meta).toMatchObject({ refresh: "fresh", user: { id: "ada" } });
    expect(cookiesOf(signedOut)).toEqual([
      "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
      "refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    ]);
    const wrong = await shop.ask("POST", "/api/auth/signin", { body: { ...body, password: "wrong" } });
    expect([wrong.status, cookiesOf(wrong)]).toEqual([401, []]);
  });

  test("one renewal serves all requests that come at once", async () => {
    renewals = 0;
    let go = () => {};
    renewing = new Promise<void>((resolve) => (go = resolve));
    let arrived = 0;
    shop.server.on("request", () => arrived++);
    const asked = Promise.all([1, 2, 3, 4].map(() => me("session=old; refresh=good")));
    await until(() => arrived === 4 && renewals);
    go();
    for (const reply of await asked) {
      expect(reply.json.user.id).toBe("ada");
      expect(cookiesOf(reply)[1]).toMatch(/^refresh=better; /);
    }
    expect(renewals).toBe(1);
    expect(shop.seen["auth.me"]!.meta.refresh).toBe("better");
  });

  test("a session that is good is not renewed; one that is lost is taken away", async () => {
    renewals = 0;
    expect(cookiesOf(await me(`${shop.session(ada)}; refresh=good`))).toEqual([]);
    expect(renewals).toBe(0);
    const lost = await me("refresh=revoked");
    expect(lost.json).toEqual({ user: null });
    expect(cookiesOf(lost)[1]).toMatch(/^refresh=; Path=\/; Max-Age=0/);
  });

  test("while nobody can renew it, a user is not taken for a guest", async () => {
    const reply = await me("refresh=late");
    expect([reply.status, cookiesOf(reply)]).toEqual([503, []]);
  });

  test("the refresh token is told to nobody but its owner", async () => {
    await shop.ask("GET", "/api/orders/o1", { headers: { cookie: `${shop.session(ada)}; refresh=good` } });
    expect(Object.keys(shop.seen["orders.get"]!.meta).toSorted()).toEqual(["ip", "user"]);
  });
});

describe("guests", () => {
  const get = (headers: Record<string, string>) => shop.ask("GET", "/api/orders/o1", { headers });

  test("a token opens its order, by header or by cookie", async () => {
    const token = shop.token("o1");
    expect((await get({ "order-token": token })).status).toBe(200);
    expect((await get({ cookie: `a=b; order_o1=${token}; order_o2=x` })).status).toBe(200);
    expect(shop.seen["orders.get"]!.meta.guestOrders).toEqual(["o1"]);
    const wrong = ["", ".", "o1", "o1.", `o1.${"0".repeat(64)}`, shop.token("o2"), `${token}0`, `x.${token}`];
    for (const other of wrong) expect([other, (await get({ "order-token": other })).status]).toEqual([other, 404]);
  });

  test("a guest's browser keeps the token of their order; a user needs none", async () => {
    const body = { lines: [{ itemId: "i1", quantity: 1 }], email: "g@example.com" };
    const created = await shop.ask("POST", "/api/orders", { body });
    expect(created.json.token).toBe(shop.token("o1"));
    expect(cookiesOf(created)).toEqual([
      `order_o1=${shop.token("o1")}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax`,
    ]);
    expect(cookiesOf(await shop.ask("POST", "/api/orders", { body, headers: { cookie: shop.session(ada) } }))).toEqual(
      [],
    );
  });
});

describe("other sites", () => {
  const signout = (headers: Record<string, string>) => shop.ask("POST", "/api/auth/signout", { headers });
  const own = () => ({ origin: shop.url });

  test("a change that another site asks for is refused", async () => {
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `${shop.url}.evil.example` },
      { origin: `${shop.url}0` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { ...own(), "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    ];
    for (const headers of foreign)
      expect([headers, await signout(headers)]).toMatchObject([headers, { status: 403, json: { type: "CROSS_SITE" } }]);
    expect(
      (await shop.ask("PUT", "/api/items/i1/files/a.zip", { headers: { origin: "https://evil.example" } })).status,
    ).toBe(403);
  });

  test("our own pages, scripts and what only reads are not", async () => {
    const fine: Record<string, string>[] = [
      {},
      own(),
      { ...own(), "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
    ];
    for (const headers of fine) expect((await signout(headers)).status).toBe(204);
    expect((await shop.ask("GET", "/api/auth/me", { headers: { origin: "https://evil.example" } })).status).toBe(200);
  });
});

describe("behind proxies", () => {
  let proxied: Gateway;
  beforeAll(async () => {
    proxied = await open({ PUBLIC_URL: "https://shop.example", TRUST_PROXY: "2" });
  });

  test("cookies are Secure and the site is strict about it, exactly when PUBLIC_URL is https", async () => {
    const body = { lines: [{ itemId: "i1", quantity: 1 }], email: "g@example.com" };
    const origin = { origin: "https://shop.example" };
    const created = await proxied.ask("POST", "/api/orders", { body, headers: origin });
    expect(cookiesOf(created)).toEqual([expect.stringMatching(/; Secure$/)]);
    expect(created.headers["strict-transport-security"]).toMatch(/^max-age=/);
    expect((await shop.ask("GET", "/api/auth/me")).headers["strict-transport-security"]).toBeUndefined();
  });

  test("the caller's address is the one that our outermost proxy saw", async () => {
    const ipOf = async (gate: Gateway, forwarded: string) => {
      await gate.ask("GET", "/api/orders/o1", { headers: { "x-forwarded-for": forwarded } });
      return gate.seen["orders.get"]!.meta.ip;
    };
    expect(await ipOf(proxied, "6.6.6.6, 203.0.113.9, 10.0.0.1")).toBe("203.0.113.9");
    expect(await ipOf(proxied, "2001:db8::1, 10.0.0.1")).toBe("2001:db8::1");
    expect(await ipOf(proxied, "nonsense, 10.0.0.1")).toBe("127.0.0.1");
    expect(await ipOf(shop, "6.6.6.6")).toBe("127.0.0.1");
  });

  test("only they may name a request", async () => {
    const headers = { "x-request-id": "from-the-proxy" };
    expect((await proxied.ask("GET", "/api/auth/me", { headers })).headers["x-request-id"]).toBe("from-the-proxy");
    expect((await shop.ask("GET", "/api/auth/me", { headers })).headers["x-request-id"]).toMatch(/^[a-z2-7]{26}$/);
  });
});
