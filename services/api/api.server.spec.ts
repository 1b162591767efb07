import { Agent, request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemRuntime } from "../../core/runtime.ts";
import { audit } from "../audit/audit.contract.ts";
import { ada, gateway, item, order, stub, until, wire } from "./harness.ts";
import { COMMENT_EVERY } from "./live.ts";

/** What a test opened, closed last first. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

test("a port that is taken stops the start with a line that says so", async () => {
  const { port } = await gateway();
  await expect(gateway({}, { env: { PORT: String(port), LOGLEVEL: "fatal" } })).rejects.toThrow(
    `PORT ${port} is already in use`,
  );
});

test("ready when every service was seen once; afterwards only its own health counts", async () => {
  const shop = await gateway({}, { without: "audit" });
  expect(await shop.ask("GET", "/ready")).toMatchObject({ status: 503, text: "not seen yet: audit\n" });
  expect((await shop.ask("GET", "/live")).status).toBe(200);
  const late = shop.broker.createService(stub(audit, {}));
  await until(async () => (await shop.ask("GET", "/ready")).status === 200);
  await shop.broker.destroyService(late);
  expect((await shop.ask("HEAD", "/ready")).status).toBe(200);
  expect((await shop.ask("GET", "/metrics")).text).toContain("process_cpu_seconds_total");
  expect((await shop.ask("POST", "/ready")).status).toBe(405);
  // Nothing of this passes an Ingress, or any other proxy.
  for (const path of ["/live", "/ready", "/metrics", "/metrics/", "//metrics", "/Metrics", "/%6detrics"]) {
    const { status, text } = await shop.ask("GET", path, { headers: { "x-forwarded-for": "198.51.100.1" } });
    expect([path, status]).toEqual([path, 404]);
    expect(text).not.toContain("process_cpu_seconds_total");
  }
});

test("without a demo catalogue nobody waits for one", async () => {
  const shop = await gateway({}, { without: "demo", env: { DEMO_SHOP: "off" } });
  await until(async () => (await shop.ask("GET", "/ready")).status === 200);
});

describe("a stop", () => {
  test("ends the streams and lets requests finish while all they need is still there", async () => {
    let go = () => {};
    let asked = 0;
    const shop = await gateway({
      items: {
        async get() {
          asked++;
          await new Promise<void>((resolve) => (go = resolve));
          return item("i1");
        },
      },
    });
    const happened: string[] = [];
    shop.broker.createService({ name: "other", stopped: () => void happened.push("the others stop") });
    const agent = new Agent({ keepAlive: true });
    opened.push(() => agent.destroy());
    const send = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const sent = request({ host: "127.0.0.1", port: shop.port, path, agent }, (res) => {
          res.resume().once("end", () => resolve(res.statusCode!));
        });
        sent.once("error", reject).end();
      });
    // An idle connection that is kept alive, a stream, and a request in flight.
    expect(await send("/live")).toBe(200);
    const stream = wire(shop.port, "GET /api/live HTTP/1.1\r\nHost: x\r\n\r\n");
    const answer = send("/api/items/i1");
    await until(() => asked);
    const start = Date.now();
    const stopped = shop.broker.stop();
    expect(await stream).toMatch(/event: hello/);
    await expect(shop.ask("GET", "/live")).rejects.toThrow("ECONNREFUSED");
    go();
    expect(await answer).toBe(200);
    happened.push("the answer is there");
    await stopped;
    expect(happened).toEqual(["the answer is there", "the others stop"]);
    expect(Date.now() - start).toBeLessThan(2000);
  });

  test("waits for nobody longer than the 5 s that it may take", async () => {
    const stuck = { items: { get: () => new Promise(() => {}) } };
    const shop = await gateway(stuck, { env: { LOGLEVEL: "fatal" } });
    const answer = shop.ask("GET", "/api/items/i1").catch((error: Error) => error.message);
    const half = connect(shop.port, "127.0.0.1");
    half.on("error", () => {});
    half.write(
      "POST /api/auth/signout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    );
    const connections = () => new Promise((resolve) => shop.server.getConnections((_, count) => resolve(count)));
    await until(async () => (await connections()) === 2);
    const start = Date.now();
    await shop.broker.stop();
    expect(Date.now() - start).toBeLessThan(5000);
    expect(await answer).not.toMatchObject({ status: 200 });
    half.destroy();
  });
});

test("odd requests are refused, and hurt nobody", async () => {
  const shop = await gateway();
  const end = "Host: x\r\nConnection: close\r\n\r\n";
  const odd: [string, RegExp][] = [
    ["nonsense\r\n\r\n", /^HTTP\/1.1 400 /],
    [`BREW /api/items HTTP/1.1\r\n${end}`, /^HTTP\/1.1 400 /],
    ["GET /api/items HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400 /],
    [`GET /live HTTP/9.9\r\n${end}`, /^HTTP\/1.1 400 /],
    [`GET /live HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n${end}`, /^HTTP\/1.1 431 /],
    [
      `POST /api/auth/signout HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n${end}0\r\n\r\n`,
      /^HTTP\/1.1 400 /,
    ],
    [`POST /api/auth/signout HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${end}{}`, /^HTTP\/1.1 400 /],
    [`POST /api/auth/signout HTTP/1.1\r\nContent-Length: -1\r\n${end}`, /^HTTP\/1.1 400 /],
    [`GET /live HTTP/1.1\r\nX: a\u0000b\r\n${end}`, /^HTTP\/1.1 400 /],
    [`OPTIONS * HTTP/1.1\r\n${end}`, /^HTTP\/1.1 (204|404) /],
    [`GET //evil.example/x HTTP/1.1\r\n${end}`, /^HTTP\/1.1 404 /],
    [`GET /api/../live HTTP/1.1\r\n${end}`, /^HTTP\/1.1 404 /],
    [`GET /live HTTP/1.0\r\n\r\n`, /^HTTP\/1.1 200 /],
    [`GET /live HTTP/1.1\r\nHost: x\r\n\r\nGET /ready HTTP/1.1\r\n${end}`, /^HTTP\/1.1 200 [^]*HTTP\/1.1 200 /],
  ];
  for (const [bytes, answer] of odd)
    expect([bytes.slice(0, 90), await wire(shop.port, bytes)]).toEqual([
      bytes.slice(0, 90),
      expect.stringMatching(answer),
    ]);
  expect(shop.logged).toEqual([]);
});

test("every 15 s a stream says something, and a lost hint is made up for", async () => {
  const system = systemRuntime();
  const ticks: (() => void)[] = [];
  const every: typeof system.every = (ms, run) => {
    if (ms === COMMENT_EVERY) ticks.push(run);
    return system.every(ms, run);
  };
  let available = 3;
  let status: "reserved" | "paid" = "reserved";
  const shop = await gateway(
    {
      inventory: {
        stock: () => [
          { item: "i1", stock: { total: 3, available, held: 3 - available, sold: 0 }, made: 3, nextAt: null },
        ],
      },
      orders: { get: () => order("o1", { status }) },
    },
    { runtime: { ...system, every } },
  );
  const socket = connect(shop.port, "127.0.0.1");
  opened.push(() => socket.destroy());
  let heard = "";
  socket.on("data", (chunk) => (heard += chunk)).on("error", () => {});
  socket.write(`GET /api/live?items=i1&orders=o1 HTTP/1.1\r\nHost: x\r\nCookie: ${shop.session(ada)}\r\n\r\n`);
  await until(() => heard.includes('"available":3'));
  available = 2;
  status = "paid";
  for (const tick of ticks) tick();
  await until(() => heard.includes('"available":2') && heard.includes('"paid"'));
  expect(heard).toMatch(/^:$/m);
});
