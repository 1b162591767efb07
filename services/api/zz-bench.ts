import { ServiceBroker } from "moleculer";
import { fork } from "node:child_process";
import { brokerOptions } from "../../core/broker.ts";
import { readConfig } from "../../core/config.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { loadSecrets } from "../../core/secrets.ts";
import { defineService } from "../index.ts";
import { items } from "../items/items.contract.ts";
import { orders } from "../orders/orders.contract.ts";
import { item, order, ada } from "./harness.ts";
import { issueAccess } from "../auth/tokens.ts";
import http from "node:http";
import api from "./api.service.ts";
if (process.argv[2] === "client") {
  const [, , , port, kind, cookie] = process.argv as any;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const body = JSON.stringify({ lines: [{ itemId: "i1", quantity: 1 }] });
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const r =
        kind === "get"
          ? http.request({ port, path: "/api/items?page=1", agent, headers: { cookie } })
          : http.request({
              port,
              path: "/api/orders",
              method: "POST",
              agent,
              headers: {
                cookie,
                "content-type": "application/json",
                "content-length": body.length,
                "idempotency-key": "abc",
              },
            });
      r.on("response", (res) => res.resume().on("end", resolve))
        .on("error", reject)
        .end(kind === "get" ? undefined : body);
    });
  process.on("message", async (n: number) => {
    let left = n;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (left-- > 0) await one();
      }),
    );
    process.send!("done");
  });
} else {
  const config = readConfig({
    PORT: "0",
    DATA_DIR: "/tmp/hf-bench",
    LOGLEVEL: "warn",
    RATE_LIMIT: process.env.RL ?? "off",
  });
  const secrets = loadSecrets(config);
  const broker = new ServiceBroker(brokerOptions({ config, runtime: systemRuntime(), secrets }));
  const rows = Array.from({ length: 20 }, (_, n) => item("i" + n));
  const none = (c: any, given: any) =>
    defineService(c)({
      actions: Object.fromEntries(Object.keys(c.actions).map((n) => [n, given[n] ?? (async () => null)])) as never,
    });
  broker.createService(none(items, { list: async () => ({ rows, total: 20, page: 1, pageSize: 20 }) }) as never);
  broker.createService(none(orders, { create: async () => order("o1") }) as never);
  broker.createService({ ...api, settings: { ...api.settings, storefront: "/none" } });
  await broker.start();
  const port = (broker.getLocalService("api") as any).server.address().port;
  const cookie = `session=${issueAccess(secrets, ada, Date.now())}`;
  const plain = http
    .createServer((req, res) => {
      const t = JSON.stringify({ rows, total: 20, page: 1, pageSize: 20 });
      res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(t) }).end(t);
    })
    .listen(0);
  const pport = (plain.address() as any).port;
  for (const [name, p, kind, ck] of [
    ["node:http get", pport, "get", ""],
    ["get anon", port, "get", ""],
    ["get user", port, "get", cookie],
    ["post user", port, "post", cookie],
  ] as const) {
    const child = fork(new URL(import.meta.url).pathname, ["client", String(p), kind, ck]);
    const run = (n: number) =>
      new Promise<void>((resolve) => {
        child.once("message", () => resolve());
        child.send(n);
      });
    await run(2000);
    const us: number[] = [];
    for (let k = 0; k < 3; k++) {
      const c = process.cpuUsage();
      await run(5000);
      const d = process.cpuUsage(c);
      us.push((d.user + d.system) / 5000);
    }
    console.log(name, us.map((u) => u.toFixed(0)).join(" "), "µs CPU a request");
    child.kill();
  }
  const N = 20000;
  let c = process.cpuUsage();
  for (let i = 0; i < N; i++) await broker.call("items.list", { page: 1 });
  let d = process.cpuUsage(c);
  console.log("broker.call items.list", ((d.user + d.system) / N).toFixed(1), "µs");
  process.exit(0);
}
