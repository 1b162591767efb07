import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import type { Runtime } from "../../core/runtime.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { testBroker, type TestBroker } from "../../tests/broker.ts";
import { Queue, type Job, type QueueHandle, type QueueOptions } from "./queue.ts";

interface Mail {
  to: string;
}
interface Host {
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
let ran: { id: string; data: Mail; at: number }[];
/** What a job does beside being noted. */
let work: (job: Job<Mail>) => Promise<void>;

async function start(options?: QueueOptions): Promise<Host> {
  const mixin = Queue(
    {
      async send(job: Job<Mail>) {
        ran.push({ ...job, at: clock.now });
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

describe("a queue in this process, on simulated time", () => {
  test("is exact: a job runs at its millisecond, and never again", async () => {
    const { queue } = await start();
    await queue.add("send", { to: "a" }, { id: "1", at: clock.now + 900_000 });
    await clock.pass(899_999);
    expect(ran).toEqual([]);
    await clock.pass(1);
    expect(ran).toEqual([{ id: "1", data: { to: "a" }, at: 1_900_000 }]);
    await clock.pass(1e9);
    expect(ran).toHaveLength(1);
  });

  test("a failing job is tried again after exactly the pauses of the table", async () => {
    const { queue } = await start({ backoff: [100, 500] });
    work = async () => Promise.reject(new Error("no"));
    await queue.add("send", { to: "a" }, { id: "1" });
    await clock.pass(200);
    expect(await queue.counts("send")).toMatchObject({ delayed: 1, failed: 0, next: 1_000_600 });
    await clock.pass(1e9);
    expect(ran.map(({ at }) => at - 1_000_000)).toEqual([0, 100, 600]);
    expect(await queue.counts("send")).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 1, next: null });
  });

  test("a stop forgets what waits", async () => {
    const { queue } = await start();
    await queue.add("send", { to: "a" }, { at: clock.now + 100 });
    await shop.broker.destroyService("mailer");
    await clock.pass(1e9);
    expect(ran).toEqual([]);
    expect(clock.timers.filter(({ at }) => at < 2e9)).toEqual([]);
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
