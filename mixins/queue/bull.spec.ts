import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import type { ServiceSchema } from "moleculer";
import { freePort, LocalServer, redis as recipe } from "../../cluster/servers.ts";
import { describeWith, testBroker, type TestBroker } from "../../tests/broker.ts";
import { until } from "../../tests/bus.ts";
import { redis } from "../../tests/servers.ts";
import { wireTo } from "../../tests/wire.ts";
import { Queue, type Job, type QueueHandle, type QueueOptions } from "./queue.ts";

const CHILD = new URL("../../tests/queue.child.ts", import.meta.url).pathname;

interface Mailer {
  queue: QueueHandle<{ send: object }>;
  ran: string[];
  said: string[];
  shop: TestBroker;
}

describeWith(redis, "a queue on Bull, whose server", () => {
  let dir: string;
  let server: LocalServer;
  let opened: TestBroker[];
  let port: string;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "holdfast-"));
    opened = [];
    port = String(await freePort());
    server = await LocalServer.start(recipe, { dir: join(dir, "redis"), port });
  });
  afterEach(async () => {
    server.resume();
    for (const shop of opened) await shop.stop();
    await server.kill();
    rmSync(dir, { recursive: true, force: true });
  });

  function make(
    env: Record<string, string> = {},
    work: (job: Job<object>) => Promise<void> = async () => {},
    options?: QueueOptions,
  ): Omit<Mailer, "queue"> {
    const ran: string[] = [];
    const said: string[] = [];
    const worker = (job: Job<object>) => {
      ran.push(job.id);
      return work(job);
    };
    const schema = { name: "mailer", mixins: [Queue({ send: worker }, options)] } as ServiceSchema;
    const shop = testBroker({ env: { REDIS_URL: server.url, LOGLEVEL: "fatal", ...env } });
    const service = shop.broker.createService(schema);
    const note = (...words: unknown[]) => void said.push(words.join(" "));
    service.logger.warn = note;
    shop.broker.getLogger("SERVERS").warn = note;
    opened.push(shop);
    return { ran, said, shop };
  }
  async function start(...given: Parameters<typeof make>): Promise<Mailer> {
    const made = make(...given);
    await made.shop.broker.start();
    const { queue } = made.shop.broker.getLocalService("mailer") as unknown as Mailer;
    return { ...made, queue };
  }
  /** Of one shop. */
  const replica = ({ shop }: Pick<Mailer, "shop">) => ({ NAMESPACE: shop.config.NAMESPACE! });
  const TRY_AGAIN = { type: "TRY_AGAIN" };
  /** How long it takes to be refused, ms. */
  const refused = async (asked: Promise<unknown>) => {
    const start = Date.now();
    await expect(asked).rejects.toMatchObject(TRY_AGAIN);
    return Date.now() - start;
  };

  /** Resolves when the job was taken, and has run. */
  const runsAgain = async ({ queue, ran }: Mailer, id: string) => {
    const refusal = () => queue.add("send", {}, { id }).catch((error: unknown) => error);
    await until(async () => !(await refusal()));
    await until(() => ran.includes(id));
  };

  test("is shared by replicas: each job runs once, in one of them", async () => {
    const one = await start();
    const two = await start(replica(one));
    const ids = Array.from({ length: 40 }, (_, n) => String(n));
    const at = Date.now() + 3000;
    for (const { queue } of [one, two]) for (const id of ids) await queue.add("send", {}, { id, at });
    await until(() => one.ran.length + two.ran.length >= 40);
    expect([...one.ran, ...two.ran].toSorted()).toEqual(ids.toSorted());
  });

  test("is shared by two shops: they do not see each other", async () => {
    const [one, two] = [await start(), await start()];
    await one.queue.add("send", {}, { id: "1", at: Date.now() + 60_000 });
    await two.queue.add("send", {}, { id: "1" });
    await until(() => two.ran.length);
    expect(await one.queue.counts("send")).toMatchObject({ delayed: 1 });
    expect(await two.queue.counts("send")).toMatchObject({ delayed: 0 });
    const client = new Redis(server.url);
    const keys = await client.keys("*");
    client.disconnect();
    const names = [one, two].map(({ shop }) => `holdfast-${shop.config.NAMESPACE}:mailer.send:`);
    expect(keys.filter((key) => !names.some((name) => key.startsWith(name)))).toEqual([]);
  });

  test("has the job of a process that was killed with it: another replica runs it", async () => {
    const idle = make();
    const EFFECTS = join(dir, "effects");
    const env = { DATA_DIR: join(dir, "child"), REDIS_URL: server.url, LOGLEVEL: "fatal", EFFECTS, ...replica(idle) };
    const options = ["--disable-warning=ExperimentalWarning", CHILD];
    const child = spawn(process.execPath, options, { env, stdio: ["ignore", "ignore", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const seller = await start({ ...replica(idle) }, undefined, { concurrency: 1 });
    try {
      // Both take from the queue: jobs are added until the other one has got one.
      await until(async () => {
        await seller.queue.add("send", {});
        return child.exitCode !== null || existsSync(EFFECTS);
      });
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
    const began = Date.now();
    const held = readFileSync(EFFECTS, "utf8").trim().split("\n");
    expect(held.length).toBeGreaterThan(0);
    expect(seller.ran).not.toContain(held[0]);
    await until(() => held.every((id) => seller.ran.includes(id)));
    expect(Date.now() - began).toBeLessThan(15_000);
  }, 60_000);

  test("is killed and started on its data: what waits runs, late or at its time", async () => {
    const mailer = await start();
    await mailer.queue.add("send", {}, { id: "late", at: Date.now() + 1000 });
    await mailer.queue.add("send", {}, { id: "later", at: Date.now() + 6000 });
    await server.kill();
    expect(await refused(mailer.queue.add("send", {}, { id: "refused" }))).toBeLessThan(3000);
    await until(() => mailer.said.length);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(mailer.said.filter((line) => line.startsWith("REDIS_URL: no server answers"))).toHaveLength(1);
    await server.start();
    await until(() => mailer.ran.includes("later"));
    // What was refused may have been done.
    expect(mailer.ran.filter((id) => id !== "refused")).toEqual(["late", "later"]);
    await runsAgain(mailer, "next");
  });

  test("is killed while a job runs: the job is recorded, or runs again, and none is lost", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const mailer = await start({}, () => gate);
    await mailer.queue.add("send", {}, { id: "1" });
    await until(() => mailer.ran.length);
    await server.kill();
    release();
    await server.start();
    await until(async () => {
      const counts = await mailer.queue.counts("send").catch(() => null);
      return counts && counts.active + counts.waiting + counts.delayed === 0;
    });
    const before = mailer.ran.length;
    await mailer.queue.add("send", {}, { id: "1" });
    await until(() => mailer.ran.length > before);
  });

  test("hangs: adding is refused within two seconds, and works again after", async () => {
    const mailer = await start();
    server.pause();
    const took = await refused(mailer.queue.add("send", {}, { id: "1" }));
    expect(took).toBeLessThan(3500);
    server.resume();
    await runsAgain(mailer, "2");
    expect(mailer.ran.filter((id) => id === "1").length).toBeLessThanOrEqual(1);
  });

  test("is lost without a word: the connections are made anew", async () => {
    const wire = await wireTo(Number(port));
    const mailer = await start({ REDIS_URL: `redis://127.0.0.1:${wire.port}` });
    wire.freeze();
    await mailer.queue.add("send", {}, { id: "1" }).catch(() => {});
    await runsAgain(mailer, "2");
    await mailer.shop.stop();
    wire.close();
  });

  test("is flushed, also under a running job: nothing breaks, and the id is free", async () => {
    let release = () => {};
    const gates = [new Promise<void>((resolve) => (release = resolve)), Promise.reject(new Error("no"))];
    gates[1]!.catch(() => {});
    const mailer = await start({}, async ({ id }) => gates[Number(id)]?.then(() => gates[1]), { backoff: [50] });
    await mailer.queue.add("send", {}, { id: "0" });
    await mailer.queue.add("send", {}, { id: "9", at: Date.now() + 500 });
    await until(() => mailer.ran.length);
    const client = new Redis(server.url);
    await client.flushall();
    release();
    await until(async () => (await mailer.queue.counts("send")).active === 0);
    await until(async () => {
      await mailer.queue.add("send", {}, { id: "0" });
      return mailer.ran.filter((id) => id === "0").length > 1;
    });
    await runsAgain(mailer, "9");
    client.disconnect();
  });

  test("does not answer at the start: the service waits, says so once, and can be stopped", async () => {
    await server.kill();
    const waiting = make();
    const started = waiting.shop.broker.start();
    await until(() => waiting.said.length);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(waiting.shop.broker.started).toBe(false);
    expect(waiting.said).toEqual([expect.stringMatching(/^REDIS_URL: no server answers at 127\.0\.0\.1:\d+$/)]);
    await server.start();
    await started;
    await server.kill();
    const stopped = make();
    stopped.shop.broker.start().catch(() => {});
    await until(() => stopped.said.length);
    await stopped.shop.stop();
  });

  test("refuses the password: the service waits, says so once, without the password", async () => {
    const client = new Redis(server.url);
    await client.config("SET", "requirepass", "right");
    const url = (password: string) => server.url.replace("//", `//:${password}@`);
    const waiting = make({ REDIS_URL: url("wrong") });
    const started = waiting.shop.broker.start();
    await until(() => waiting.said.length);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(waiting.said).toEqual([expect.stringContaining("refuses these credentials")]);
    expect(waiting.said[0]).not.toContain("wrong@");
    await client.config("SET", "requirepass", "wrong");
    await started;
    client.disconnect();
  });

  test("is gone when the service stops: the stop does not wait for it", async () => {
    const mailer = await start();
    await server.kill();
    const began = Date.now();
    await mailer.shop.stop();
    expect(Date.now() - began).toBeLessThan(4500);
  });
});
