import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { freePort, LocalServer, mongo, nats, program, redis, type Recipe } from "../cluster/servers.ts";
import { TestCluster } from "./cluster.ts";
import { until } from "./bus.ts";
import { KEYS } from "./provider.ts";
import { skipped } from "./servers.ts";
import { Shop } from "./shop.ts";

/** A process is ready so soon after its last server is there, ms: 3 s on a machine with nothing else to do. */
const READY_WITHIN = 6000;

/** Before that it has to load its code, on a machine that may be busy, ms. */
const START_WITHIN = 60_000;

const missing = TestCluster.missing();
/** Every service but the gateway, which waits for all of them. */
const BEHIND_THE_GATEWAY = readdirSync(join(import.meta.dirname, "..", "services"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "api")
  .map(({ name }) => name)
  .join();

if (missing) skipped("the order of starting", missing);

(missing ? describe.skip : describe)("a process that starts before its servers", () => {
  let dir: string;
  let shops: Shop[];
  let servers: LocalServer[];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "holdfast-start-"));
    shops = [];
    servers = [];
  });
  afterEach(async () => {
    for (const shop of shops) await shop.stop();
    for (const server of servers) await server.kill();
    rmSync(dir, { recursive: true, force: true });
  });

  async function start(services: string, env: Record<string, string>): Promise<Shop> {
    const folder = join(dir, `data-${shops.length}`);
    const shop = await Shop.start({ services, dir: folder, env: { ...KEYS, ...env } }, { ready: false });
    shops.push(shop);
    await until(() => probe(shop, "live").then(({ status }) => status === 200), START_WITHIN);
    return shop;
  }
  async function serve(recipe: Recipe, port: number, more: string[] = []): Promise<LocalServer> {
    const server = await LocalServer.start(withArgs(recipe, more), {
      dir: join(dir, recipe.title),
      port: String(port),
    });
    servers.push(server);
    return server;
  }
  const linesOf = ({ output }: Shop, about: string) => output.split("\n").filter((line) => line.includes(about));
  const waitsFor = (shop: Shop, line: string) =>
    until(async () => {
      const { status, body } = await probe(shop, "ready");
      return status === 503 && body.includes(line);
    });
  /** How long it takes from now, ms. */
  async function ready(...waiting: Shop[]): Promise<number> {
    const began = Date.now();
    for (const shop of waiting) await until(async () => (await probe(shop, "ready")).status === 200);
    return Date.now() - began;
  }

  test("it waits for each of them, says which, and is ready soon after the last", async () => {
    const [natsPort, mongoPort, redisPort] = [await freePort(), await freePort(), await freePort()];
    const env = {
      NATS_URL: `nats://127.0.0.1:${natsPort}`,
      MONGO_URL: `mongodb://127.0.0.1:${mongoPort}`,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    };
    const gateway = await start("api", env);
    const worker = await start(BEHIND_THE_GATEWAY, env);
    const processes = [gateway.pid, worker.pid];
    const noNats = `NATS_URL: no server answers at 127.0.0.1:${natsPort}`;
    for (const shop of [gateway, worker]) await waitsFor(shop, noNats);
    const refused = await gateway.client().get("/api/items");
    expect([refused.status, refused.body.type, refused.headers.get("retry-after")]).toEqual([503, "TRY_AGAIN", "1"]);

    await serve(nats, natsPort);
    await waitsFor(worker, `MONGO_URL: no server answers at 127.0.0.1:${mongoPort}`);
    await waitsFor(gateway, "not seen yet: ");
    await serve(mongo, mongoPort);
    await waitsFor(worker, `REDIS_URL: no server answers at 127.0.0.1:${redisPort}`);
    await serve(redis, redisPort);
    const took = await ready(worker, gateway);
    expect(took).toBeLessThan(READY_WITHIN);

    expect([gateway.pid, worker.pid]).toEqual(processes);
    for (const variable of ["NATS_URL", "MONGO_URL", "REDIS_URL"]) {
      expect(linesOf(worker, `${variable}: no server`)).toHaveLength(1);
      expect(linesOf(worker, `${variable}: the server answers`)).toHaveLength(1);
    }
    await gateway.client().signUp();
  }, 150_000);

  test("with a wrong password it says so in one line, waits, and goes on when the password is right", async () => {
    const port = await freePort();
    const server = await serve(nats, port, ["--user", "shop", "--pass", "another one"]);
    const shop = await start("expiration", { NATS_URL: `nats://shop:p%40ss%3Aw%2Frd@127.0.0.1:${port}` });
    const line = `NATS_URL: the server at 127.0.0.1:${port} refuses these credentials`;
    await waitsFor(shop, line);
    expect(shop.output.trim().split("\n")).toEqual([expect.stringContaining(line)]);

    await server.kill();
    const right = await serve(nats, port, ["--user", "shop", "--pass", "p@ss:w/rd"]);
    expect(await ready(shop)).toBeLessThan(READY_WITHIN);
    // A password that is changed while it runs ends no connection for good.
    await right.kill();
    const changed = await serve(nats, port, ["--user", "shop", "--pass", "changed"]);
    await until(async () => (await probe(shop, "ready")).status === 503);
    await changed.kill();
    await serve(nats, port, ["--user", "shop", "--pass", "p@ss:w/rd"]);
    expect(await ready(shop)).toBeLessThan(READY_WITHIN);
    expect(shop.output).not.toContain("p@ss");
    expect(shop.output).not.toContain("p%40ss");
  }, 150_000);

  test("with a wrong password for Redis it says so in one line", async () => {
    const [natsPort, redisPort] = [await freePort(), await freePort()];
    await serve(nats, natsPort);
    await serve(redis, redisPort, ["--requirepass", "p@ss"]);
    const env = { NATS_URL: `nats://127.0.0.1:${natsPort}` };
    const shop = await start("expiration", { ...env, REDIS_URL: `redis://:wr0ng@127.0.0.1:${redisPort}` });
    const line = `REDIS_URL: the server at 127.0.0.1:${redisPort} refuses these credentials`;
    await waitsFor(shop, line);
    expect(shop.output.trim().split("\n")).toEqual([expect.stringContaining(line)]);
    expect(shop.output).not.toContain("wr0ng");
    const right = await start("expiration", { ...env, REDIS_URL: `redis://:p%40ss@127.0.0.1:${redisPort}` });
    await ready(right);
  }, 150_000);

  test("a host that there is not is named", async () => {
    const shop = await start("expiration", { NATS_URL: "nats://shop:s3cret@nowhere.invalid:4222" });
    await waitsFor(shop, "NATS_URL: there is no host of this name: nowhere.invalid:4222");
    expect(shop.output.trim().split("\n")).toHaveLength(1);
    expect(shop.output).not.toContain("s3cret");
  }, 90_000);

  (program("openssl") ? test : test.skip)(
    "tls:// is an encrypted connection to a server that is trusted",
    async () => {
      const port = await freePort();
      const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
      execFileSync("openssl", ["req", ...made, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
      await serve(nats, port, ["--tls", "--tlscert", cert, "--tlskey", key]);
      const NATS_URL = `tls://localhost:${port}`;
      await ready(await start("expiration", { NATS_URL, NODE_EXTRA_CA_CERTS: cert }));
      const distrustful = await start("expiration", { NATS_URL });
      await waitsFor(distrustful, `NATS_URL: no secure connection to localhost:${port}: `);
    },
    100_000,
  );
});

async function probe(shop: Shop, name: "live" | "ready"): Promise<{ status: number; body: string }> {
  const answer = await fetch(`${shop.url}/${name}`).catch(() => null);
  return { status: answer?.status ?? 0, body: (await answer?.text()) ?? "" };
}

/** The same server, told more. */
const withArgs = (recipe: Recipe, more: string[]): Recipe => ({
  ...recipe,
  find() {
    const plan = recipe.find();
    return typeof plan === "string" ? plan : { ...plan, command: (...place) => [...plan.command(...place), ...more] };
  },
});
