import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import { describeWith, testBroker, type TestBroker } from "../../tests/broker.ts";
import { redis } from "../../tests/servers.ts";
import { eventually } from "../../tests/till.ts";
import { Queue, type Job, type QueueHandle, type QueueOptions } from "./queue.ts";

interface Mail {
  to: string;
}
interface Host {
  name: string;
  queue: QueueHandle<{ send: Mail }>;
}

/** What holds wherever jobs wait. Real time: only a lower bound of it can be told, and an order. */
function contract(env: () => { REDIS_URL?: string }): void {
  let shop: TestBroker;
  let ran: { id: string; to: string; at: number; by: string }[];
  /** What a job does beside being noted. */
  let work: (job: Job<Mail>) => Promise<void>;

  async function start(options?: QueueOptions): Promise<Host> {
    const mixin = Queue(
      {
        async send(this: Host, job: Job<Mail>) {
          ran.push({ id: job.id, to: job.data.to, at: Date.now(), by: this.name });
          await work(job);
        },
      },
      options,
    );
    shop = testBroker({
      env: { LOGLEVEL: "fatal", ...env() },
      services: [{ name: "mailer", mixins: [mixin] } as ServiceSchema],
    });
    await shop.broker.start();
    return shop.broker.getLocalService("mailer") as unknown as Host;
  }
  const runs = (count: number) =>
    eventually(
      async () => ran,
      () => ran.length >= count,
    );
  /** Nothing waits and nothing runs: whatever was to happen has happened. */
  const quiet = ({ queue }: Host) =>
    eventually(
      () => queue.counts("send"),
      ({ waiting, delayed, active }) => waiting + delayed + active === 0,
    );
  const sent = () => ran.map(({ to }) => to);

  beforeEach(() => {
    ran = [];
    work = async () => {};
  });
  afterEach(() => shop.stop());

  test("runs a job at its time, once, with `this` the service", async () => {
    const mailer = await start();
    const at = Date.now() + 300;
    await mailer.queue.add("send", { to: "a" }, { id: "1", at });
    expect(await mailer.queue.counts("send")).toEqual({ waiting: 0, delayed: 1, active: 0, failed: 0, next: at });
    await quiet(mailer);
    expect(ran).toEqual([{ id: "1", to: "a", at: expect.any(Number), by: "mailer" }]);
    expect(ran[0]!.at).toBeGreaterThanOrEqual(at);
    expect(ran[0]!.at).toBeLessThan(at + 2000);
  });

  test("runs at once what is due or has no time, in the order of adding", async () => {
    const mailer = await start({ concurrency: 1 });
    await mailer.queue.add("send", { to: "a" });
    await mailer.queue.add("send", { to: "b" }, { at: Date.now() - 5000 });
    await runs(2);
    expect(sent()).toEqual(["a", "b"]);
  });

  test("an id is one job: while it waits or runs, adding it again changes nothing", async () => {
    const mailer = await start();
    let release = () => {};
    work = () => new Promise<void>((resolve) => (release = resolve));
    const data = { to: "first" };
    await mailer.queue.add("send", data, { id: "1", at: Date.now() + 200 });
    data.to = "changed since";
    await mailer.queue.add("send", { to: "second" }, { id: "1" });
    await runs(1);
    await mailer.queue.add("send", { to: "third" }, { id: "1" });
    release();
    await quiet(mailer);
    work = async () => {};
    await mailer.queue.add("send", { to: "fourth" }, { id: "1" });
    await runs(2);
    expect(sent()).toEqual(["first", "fourth"]);
  });

  test("many adding the same at once add one job", async () => {
    const mailer = await start();
    const at = Date.now() + 300;
    await Promise.all(Array.from({ length: 50 }, () => mailer.queue.add("send", { to: "a" }, { id: "1", at })));
    await quiet(mailer);
    expect(ran).toHaveLength(1);
  });

  test("ids that look like anything are ids", async () => {
    const mailer = await start();
    const ids = ["wait", "delayed", "id", "7", "a b", "meta-paused", "ü:1"];
    for (const id of ids) await mailer.queue.add("send", { to: "a" }, { id });
    await runs(ids.length);
    expect(ran.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  test("a removed job does not run, also when it is due already, and its id is free", async () => {
    const mailer = await start({ concurrency: 1 });
    let release = () => {};
    work = () => new Promise<void>((resolve) => (release = resolve));
    await mailer.queue.add("send", { to: "busy" }, { id: "0" });
    await runs(1);
    await mailer.queue.add("send", { to: "waits" }, { id: "1" });
    await mailer.queue.add("send", { to: "later" }, { id: "2", at: Date.now() + 50 });
    await eventually(
      () => mailer.queue.counts("send"),
      ({ waiting }) => waiting === 2,
    );
    for (const id of ["1", "2", "unknown"]) await mailer.queue.remove("send", id);
    await mailer.queue.add("send", { to: "anew" }, { id: "2" });
    work = async () => {};
    release();
    await quiet(mailer);
    expect(sent()).toEqual(["busy", "anew"]);
  });

  test("a failing job is tried again after each pause of the table, then given up, and its id is free", async () => {
    const mailer = await start({ backoff: [50, 200] });
    work = async () => Promise.reject(new Error("no"));
    await mailer.queue.add("send", { to: "a" }, { id: "1" });
    const { failed } = await quiet(mailer);
    expect([ran.length, failed]).toEqual([3, 1]);
    expect(ran[1]!.at - ran[0]!.at).toBeGreaterThanOrEqual(50);
    expect(ran[2]!.at - ran[1]!.at).toBeGreaterThanOrEqual(200);
    work = async () => {};
    await mailer.queue.add("send", { to: "b" }, { id: "1" });
    await runs(4);
    expect(ran.at(-1)!.to).toBe("b");
  });

  test("a job that succeeds at last is done", async () => {
    const mailer = await start({ backoff: [20, 20] });
    work = async () => (ran.length < 2 ? Promise.reject(new Error("not yet")) : undefined);
    await mailer.queue.add("send", { to: "a" }, { id: "1" });
    expect((await quiet(mailer)).failed).toBe(0);
    expect(ran).toHaveLength(2);
  });

  test("a job removed while it runs is not tried again, and keeps its id until it has ended", async () => {
    const mailer = await start({ backoff: [20, 20] });
    work = async ({ id }) => {
      await mailer.queue.remove("send", id);
      await mailer.queue.add("send", { to: "beside" }, { id });
      throw new Error("no");
    };
    await mailer.queue.add("send", { to: "a" }, { id: "1" });
    await runs(1);
    expect((await quiet(mailer)).failed).toBe(0);
    expect(sent()).toEqual(["a"]);
    work = async () => {};
    await mailer.queue.add("send", { to: "after" }, { id: "1" });
    await runs(2);
  });

  test("no more run at a time than allowed, and a stop waits for these and starts none", async () => {
    const mailer = await start({ concurrency: 2 });
    const releases: (() => void)[] = [];
    work = () => new Promise<void>((resolve) => releases.push(resolve));
    for (let i = 0; i < 5; i++) await mailer.queue.add("send", { to: String(i) });
    await runs(2);
    expect(await mailer.queue.counts("send")).toMatchObject({ waiting: 3, active: 2, next: null });
    releases[0]!();
    await runs(3);
    let stopped = false;
    const stopping = shop.broker.destroyService("mailer").then(() => (stopped = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([stopped, ran.length]).toEqual([false, 3]);
    for (const release of releases) release();
    await stopping;
    expect(ran).toHaveLength(3);
  });
}

describe("a queue in this process", () => contract(() => ({})));
describeWith(redis, "a queue on Bull", (server) => contract(() => ({ REDIS_URL: server().url })));
