import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import type { Runtime } from "../core/runtime.ts";
import { systemRuntime } from "../core/runtime.ts";
import { testBroker, type TestBroker } from "../tests/broker.ts";
import { Queue, type Job, type QueueHandle, type QueueOptions } from "./queue.ts";

interface Mail {
  to: string;
}
interface Host {
  name: string;
  queue: QueueHandle<{ send: Mail }>;
}

/** Simulated time: timers fire when `pass` says so, in the order of their times. */
class Clock {
  now = 1_000_000;
  timers: { at: number; run: () => void }[] = [];
  runtime: Runtime = {
    ...systemRuntime(),
    now: () => this.now,
    after: (ms, run) => {
      const timer = { at: this.now + ms, run };
      this.timers.push(timer);
      return { cancel: () => void (this.timers = this.timers.filter((other) => other !== timer)) };
    },
  };
  async pass(ms: number) {
    const end = this.now + ms;
    for (;;) {
      await new Promise(setImmediate);
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}

let clock: Clock;
let shop: TestBroker;
let ran: { id: string; data: Mail; at: number; by: string }[];
/** What a job does beside being noted. */
let work: (job: Job<Mail>) => Promise<void>;

async function start(options?: QueueOptions): Promise<Host> {
  const mixin = Queue(
    {
      async send(this: Host, job: Job<Mail>) {
        ran.push({ ...job, at: clock.now, by: this.name });
        await work(job);
      },
    },
    options,
  );
  const services = [{ name: "mailer", mixins: [mixin] } as ServiceSchema];
  shop = testBroker({ runtime: clock.runtime, env: { LOGLEVEL: "fatal" }, services });
  await shop.broker.start();
  const service = shop.broker.getLocalService("mailer");
  return service as unknown as Host;
}

beforeEach(() => {
  clock = new Clock();
  ran = [];
  work = async () => {};
});
afterEach(() => shop.stop());

describe("queue", () => {
  test("runs a job at its time, once, with `this` the service", async () => {
    const { queue } = await start();
    await queue.add("send", { to: "a" }, { id: "1", at: clock.now + 900_000 });
    await clock.pass(899_999);
    expect(ran).toEqual([]);
    await clock.pass(1);
    expect(ran).toEqual([{ id: "1", data: { to: "a" }, at: 1_900_000, by: "mailer" }]);
    await clock.pass(1e9);
    expect(ran).toHaveLength(1);
  });

  test("runs at once what is due or has no time", async () => {
    const { queue } = await start();
    await queue.add("send", { to: "a" });
    await queue.add("send", { to: "b" }, { at: clock.now - 5000 });
    await clock.pass(0);
    expect(ran.map(({ data }) => data.to)).toEqual(["a", "b"]);
  });

  test("an id is one job: adding it again replaces nothing, until it is done", async () => {
    const { queue } = await start();
    const data = { to: "first" };
    await queue.add("send", data, { id: "1", at: clock.now + 100 });
    data.to = "changed since";
    await queue.add("send", { to: "second" }, { id: "1", at: clock.now });
    await clock.pass(1000);
    expect(ran.map((job) => job.data.to)).toEqual(["first"]);
    await queue.add("send", { to: "third" }, { id: "1" });
    await clock.pass(0);
    expect(ran.map((job) => job.data.to)).toEqual(["first", "third"]);
  });

  test("a removed job does not run, also when it is due already", async () => {
    const { queue } = await start({ concurrency: 1 });
    let release = () => {};
    work = () => new Promise<void>((resolve) => (release = resolve));
    await queue.add("send", { to: "busy" }, { id: "0" });
    await queue.add("send", { to: "waits" }, { id: "1" });
    await queue.add("send", { to: "later" }, { id: "2", at: clock.now + 50 });
    await clock.pass(0);
    await queue.remove("send", "1");
    await queue.remove("send", "2");
    await queue.remove("send", "unknown");
    release();
    await clock.pass(1000);
    expect(ran.map((job) => job.data.to)).toEqual(["busy"]);
  });

  test("a failing job is tried again after each pause of the table, then given up, and its id is free", async () => {
    const { queue } = await start({ backoff: [100, 500] });
    work = async () => Promise.reject(new Error("no"));
    await queue.add("send", { to: "a" }, { id: "1" });
    await clock.pass(1e9);
    expect(ran.map(({ at }) => at - 1_000_000)).toEqual([0, 100, 600]);
    await queue.add("send", { to: "b" }, { id: "1" });
    await clock.pass(0);
    expect(ran.at(-1)!.data.to).toBe("b");
  });

  test("a job removed while it runs is not tried again", async () => {
    const { queue } = await start();
    work = async ({ id }) => {
      await queue.remove("send", id);
      throw new Error("no");
    };
    await queue.add("send", { to: "a" }, { id: "1" });
    await clock.pass(1e9);
    expect(ran).toHaveLength(1);
  });

  test("no more run at a time than allowed, and a stop waits for these and starts none", async () => {
    const { queue } = await start({ concurrency: 2 });
    const releases: (() => void)[] = [];
    work = () => new Promise<void>((resolve) => releases.push(resolve));
    for (let i = 0; i < 5; i++) await queue.add("send", { to: String(i) });
    await clock.pass(0);
    expect(ran).toHaveLength(2);
    releases[0]!();
    await clock.pass(0);
    expect(ran).toHaveLength(3);
    let stopped = false;
    const stopping = shop.broker.destroyService("mailer").then(() => (stopped = true));
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(stopped).toBe(false);
    for (const release of releases) release();
    await stopping;
    await clock.pass(1e9);
    expect(ran).toHaveLength(3);
  });

  test("a hundred thousand waiting jobs are cheap", async () => {
    const { queue } = await start();
    clock.runtime.after = systemRuntime().after;
    const before = process.cpuUsage();
    for (let i = 0; i < 100_000; i++)
      await queue.add("send", { to: "a" }, { id: String(i), at: clock.now + 900_000 + i });
    for (let i = 0; i < 100_000; i++) await queue.remove("send", String(i));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 100_000).toBeLessThan(100);
  });
});
