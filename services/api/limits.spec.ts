import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { LocalServer, redis as recipe } from "../../cluster/servers.ts";
import { fail } from "../../core/errors.ts";
import type { Counters } from "../../mixins/counters.ts";
import { describeWith } from "../../tests/broker.ts";
import { Drawer } from "../../tests/redis.ts";
import { redis } from "../../tests/servers.ts";
import { gateway, type Gateway } from "./harness.ts";
import { GENERAL, STRICT, type Limits } from "./limits.ts";

type Env = Record<string, string | undefined>;

const open = (env: Env) => {
  const auth = {
    me: () => ({ user: null }),
    signin() {
      throw fail("BAD_CREDENTIALS");
    },
  };
  return gateway({ auth }, { env: { RATE_LIMIT: "on", TRUST_PROXY: "1", ...env } });
};
const inside = ({ service }: Gateway) => service as unknown as { limits: Limits; counters: Counters };
const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
const me = (shop: Gateway, address: string) => shop.ask("GET", "/api/auth/me", from(address));
const signin = (shop: Gateway, address: string) =>
  shop.ask("POST", "/api/auth/signin", { body: { email: "a@b.c", password: "x" }, ...from(address) });
const SIGNINS = STRICT["auth.signin"]!.times;

function contract(shop: () => Gateway): void {
  test("what is worth abusing has a limit of its own, for each network", async () => {
    const tries = await Promise.all(
      Array.from({ length: SIGNINS + 5 }, (_, n) => signin(shop(), `2001:db8:0:1::${n + 1}`)),
    );
    const refused = tries.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ json: { type: "RATE_LIMITED", data: { retryAfter: expect.any(Number) } } });
    expect(Number(refused[0]!.headers["retry-after"])).toBeGreaterThan(0);
    expect((await signin(shop(), "2001:db8:0:2::1")).status).toBe(401);
    expect((await me(shop(), "2001:db8:0:1::1")).status).toBe(200);
  });

  test("a flood from one network is refused, but for probes and the sandbox", async () => {
    const { limits } = inside(shop());
    // Until it is refused: a count for which Redis takes too long goes to this process.
    const flood = async (address: string) => {
      const admit = () => limits.admit("/api/items", address).catch(() => "refused");
      let admitted = 0;
      while (!(await Promise.all(Array.from({ length: 50 }, admit))).includes("refused")) admitted += 50;
      return admitted;
    };
    for (const address of ["198.51.100.1", "127.0.0.1"])
      expect(await flood(address)).toBeGreaterThanOrEqual(GENERAL.times);
    expect((await me(shop(), "198.51.100.1")).status).toBe(429);
    expect((await shop().ask("GET", "/", from("198.51.100.1"))).status).toBe(429);
    expect((await shop().ask("GET", "/api/auth/me")).status).toBe(429);
    expect((await shop().ask("GET", "/live")).status).toBe(200);
    expect((await shop().ask("GET", "/v1/x", from("198.51.100.1"))).status).toBe(404);
    expect((await me(shop(), "198.51.100.2")).status).toBe(200);
  });
}

describe("rate limits", () => {
  let shop: Gateway;
  beforeAll(async () => {
    shop = await open({});
  });
  contract(() => shop);
});

describeWith(redis, "rate limits on Redis", (server) => {
  let [one, two]: [Gateway, Gateway] = [undefined!, undefined!];
  let drawer: Drawer;
  beforeAll(async () => {
    one = await open({ REDIS_URL: server().url });
    two = await open({ REDIS_URL: server().url, NAMESPACE: one.config.NAMESPACE });
    drawer = new Drawer(server().url, one);
    for (const shop of [one, two]) await drawer.counts(inside(shop).counters);
  });
  beforeEach(() => drawer.clear());
  afterAll(() => drawer.close());
  contract(() => one);

  test("are shared by all gateways of a shop, and by nobody else", async () => {
    const tries = await Promise.all(
      Array.from({ length: SIGNINS + 7 }, (_, n) => signin(n % 2 ? one : two, "203.0.113.1")),
    );
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(7);
    const other = await open({ REDIS_URL: server().url });
    const others = new Drawer(server().url, other);
    await others.counts(inside(other).counters);
    expect((await signin(other, "203.0.113.1")).status).toBe(401);
    others.close();
  });
});

describeWith(redis, "a gateway without its Redis", () => {
  let dir: string;
  let server: LocalServer;
  let shop: Gateway;
  let drawer: Drawer;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "holdfast-"));
    server = await LocalServer.start(recipe, { dir });
    shop = await open({ REDIS_URL: server.url, LOGLEVEL: "fatal" });
    drawer = new Drawer(server.url, shop);
  });
  afterAll(async () => {
    drawer.close();
    server.resume();
    await shop.stop();
    await server.kill();
    rmSync(dir, { recursive: true, force: true });
  });

  afterEach(() => server.resume());

  /** How long an answer takes, ms. */
  const timed = async (status: number, ask: () => Promise<{ status: number }>) => {
    const start = performance.now();
    expect((await ask()).status).toBe(status);
    return performance.now() - start;
  };

  test("answers when Redis hangs, and counts alone until it is back", async () => {
    const { counters } = inside(shop);
    const first: number[] = [];
    const rest: number[] = [];
    // The best of three: other programs of the machine take their time as well.
    for (let n = 0; n < 3; n++) {
      server.resume();
      await drawer.counts(counters);
      server.pause();
      first.push(await timed(401, () => signin(shop, `203.0.113.${n}`)));
      for (let i = 0; i < 11; i++) rest.push(await timed(200, () => me(shop, `203.0.113.${n}`)));
    }
    expect(Math.min(...first)).toBeLessThan(300);
    // Only the first has waited.
    expect(rest.toSorted((a, b) => a - b)[Math.floor(rest.length / 2)]).toBeLessThan(100);
    const tries = await Promise.all(Array.from({ length: SIGNINS + 4 }, () => signin(shop, "203.0.113.9")));
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(4);
    server.resume();
    await drawer.counts(counters);
    expect((await signin(shop, "203.0.113.9")).status).toBe(401);
  });

  test("answers when Redis is gone, and finds the next one", async () => {
    const { counters } = inside(shop);
    await drawer.counts(counters);
    await server.kill();
    const took: number[] = [];
    for (let n = 0; n < 11; n++) took.push(await timed(401, () => signin(shop, "203.0.113.20")));
    expect(took.toSorted((a, b) => a - b)[5]).toBeLessThan(300);
    await server.start();
    await drawer.counts(counters);
  });

  test("opens and stops while Redis is gone", async () => {
    await server.kill();
    const lonely = await open({ REDIS_URL: server.url, LOGLEVEL: "fatal" });
    expect((await me(lonely, "203.0.113.3")).status).toBe(200);
    await lonely.stop();
    await server.start();
  });
});
