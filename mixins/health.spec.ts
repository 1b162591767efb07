import { afterEach, expect, test } from "@jest/globals";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { ServiceBroker, type Middleware } from "moleculer";
import { Counter } from "prom-client";
import { brokerOptions } from "../core/broker.ts";
import { fail } from "../core/errors.ts";
import { describeWith, testBroker, type TestBroker } from "../tests/broker.ts";
import { freePort } from "../cluster/servers.ts";
import { nats } from "../tests/servers.ts";
import { wireTo } from "../tests/wire.ts";
import { actionMetrics, metrics, probes, probeServer } from "./health.ts";

const ask = (port: number, path: string, method = "GET") =>
  new Promise<{ status: number; body: string; allow?: string }>((resolve, reject) => {
    request({ port, path, method, agent: false }, async (res) =>
      resolve({ status: res.statusCode!, body: await text(res), allow: res.headers.allow! }),
    )
      .once("error", reject)
      .end();
  });
const until = async (condition: () => Promise<boolean>) => {
  for (const end = Date.now() + 10_000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > end) throw new Error("waited in vain");
};

/** What a test opened, closed last first. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A broker with one more middleware. */
function brokerWith(middleware: Middleware): ServiceBroker {
  const { config, runtime, stop } = testBroker();
  opened.push(stop);
  const options = brokerOptions({ config, runtime, secrets: {} as never });
  const broker = new ServiceBroker({ ...options, middlewares: [...options.middlewares!, middleware] });
  opened.push(() => broker.started && broker.stop());
  return broker;
}

async function serveProbes({ broker }: TestBroker, awaits?: string[]): Promise<number> {
  const answered = probes(broker, { awaits });
  const server: Server = createServer((req, res) => void (answered(req, res) || res.writeHead(404).end()));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  opened.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

test("a process is live from the first moment, ready when its services are started, until it stops", async () => {
  const port = await freePort();
  const broker = brokerWith(probeServer({ port }));
  let letStart = () => {};
  let letStop = () => {};
  broker.createService({
    name: "slow",
    started: () => new Promise<void>((resolve) => (letStart = resolve)),
    stopped: () => new Promise<void>((resolve) => (letStop = resolve)),
  });
  const starting = broker.start();
  await until(() =>
    ask(port, "/live").then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  expect(await ask(port, "/ready")).toMatchObject({ status: 503, body: "not started, or stopping\n" });
  letStart();
  await starting;
  expect(await ask(port, "/ready")).toMatchObject({ status: 200, body: "ok\n" });
  expect((await ask(port, "/ready?verbose=1")).status).toBe(200);
  const stopping = broker.stop();
  expect((await ask(port, "/ready")).status).toBe(503);
  expect((await ask(port, "/live")).status).toBe(200);
  let stopped = false;
  void stopping.then(() => (stopped = true));
  await until(async () => (letStop(), stopped));
  await expect(ask(port, "/live")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a port that is taken stops the start", async () => {
  const port = await freePort();
  const other = createServer().listen(port);
  opened.push(() => other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  await expect(brokerWith(probeServer({ port })).start()).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("the gateway waits until every service was seen once, and never again", async () => {
  const shop = testBroker();
  opened.push(shop.stop);
  const port = await serveProbes(shop, ["orders", "items"]);
  await shop.broker.start();
  expect(await ask(port, "/ready")).toMatchObject({ status: 503, body: "not seen yet: orders, items\n" });
  const start = async (name: string) => {
    shop.broker.createService({ name });
    await shop.broker.waitForServices(name, 5000, 10);
  };
  await start("orders");
  expect((await ask(port, "/ready")).body).toBe("not seen yet: items\n");
  await shop.broker.destroyService("orders");
  await start("items");
  expect((await ask(port, "/ready")).status).toBe(200);
  await shop.broker.destroyService("items");
  expect((await ask(port, "/ready")).status).toBe(200);
});

test("HEAD works where GET does, other methods and paths do not", async () => {
  const shop = testBroker();
  opened.push(shop.stop);
  await shop.broker.start();
  const port = await serveProbes(shop);
  for (const path of ["/live", "/ready", "/metrics"]) {
    expect(await ask(port, path, "HEAD")).toMatchObject({ status: 200, body: "" });
    expect(await ask(port, path, "POST")).toMatchObject({ status: 405, allow: "GET, HEAD" });
  }
  expect((await ask(port, "/livery")).status).toBe(404);
});

test("metrics tell of Node, of every action, and of what others register", async () => {
  const broker = brokerWith(actionMetrics());
  const counter = new Counter({ name: "sales_total", help: "Sales", registers: [metrics(broker)] });
  broker.createService({
    name: "orders",
    actions: {
      get: () => 1,
      refuse: () => Promise.reject(fail("SOLD_OUT")),
      crash: () => Promise.reject(null),
    },
  });
  await broker.start();
  counter.inc(3);
  await broker.call("orders.get");
  await broker.call("orders.get");
  for (const name of ["orders.refuse", "orders.crash"]) await broker.call(name).catch(() => {});
  const page = await metrics(broker).metrics();
  expect(page).toContain("sales_total 3");
  expect(page).toContain("process_cpu_seconds_total");
  const count = (action: string, result: string) =>
    page.includes(`holdfast_action_seconds_count{action="orders.${action}",result="${result}"}`)
      ? Number(
          page.split(`holdfast_action_seconds_count{action="orders.${action}",result="${result}"} `)[1]!.split("\n")[0],
        )
      : 0;
  expect([count("get", "ok"), count("refuse", "SOLD_OUT"), count("crash", "INTERNAL")]).toEqual([2, 1, 1]);
  expect(page).toMatch(/holdfast_action_seconds_bucket\{le="\+Inf",action="orders.get",result="ok"\} 2/);
});

describeWith(nats, "with a transporter", (server) => {
  test("services elsewhere are seen, and without a connection nobody is ready", async () => {
    const { port: natsPort } = new URL(server().url);
    const line = await wireTo(Number(natsPort));
    opened.push(line.close);
    const NAMESPACE = `health-${process.pid}`;
    const env = { NATS_URL: `nats://127.0.0.1:${line.port}`, LOGLEVEL: "fatal", NAMESPACE };
    const gateway = testBroker({ env });
    opened.push(gateway.stop);
    const orders = testBroker({ env, services: [{ name: "orders" }] });
    opened.push(orders.stop);
    const port = await serveProbes(gateway, ["orders"]);
    await gateway.broker.start();
    expect((await ask(port, "/ready")).body).toBe("not seen yet: orders\n");
    await orders.broker.start();
    await until(async () => (await ask(port, "/ready")).status === 200);
    await orders.broker.stop();
    expect((await ask(port, "/ready")).status).toBe(200);
    line.cut();
    await until(async () => (await ask(port, "/ready")).status === 503);
    expect((await ask(port, "/ready")).body).toBe(`NATS_URL: no server answers at 127.0.0.1:${line.port}\n`);
    line.mend();
    await until(async () => (await ask(port, "/ready")).status === 200);
  });
});
