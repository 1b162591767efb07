import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemRuntime } from "../../core/runtime.ts";
import { describeWith, testBroker, type TestBroker } from "../../tests/broker.ts";
import { redis } from "../../tests/servers.ts";
import { eventually } from "../../tests/till.ts";
import { Bus, type BusHandle } from "../../mixins/bus/bus.ts";
import expiration from "./expiration.service.ts";

describe("expiration", () => {
  let shop: TestBroker;
  let woken: { id: string; at: number }[];
  let clock: number;
  let timers: { at: number; run: () => void }[];

  beforeEach(async () => {
    [woken, clock, timers] = [[], Date.now(), []];
    const system = systemRuntime();
    const runtime = {
      ...system,
      now: () => clock,
      after(ms: number, run: () => void) {
        const timer = { at: clock + ms, run };
        // Short ones, such as retries, run in real time; the deadline is ours to reach.
        if (ms < 60_000) return system.after(ms, run);
        timers.push(timer);
        return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
      },
    };
    shop = testBroker({
      runtime,
      services: [
        expiration,
        { name: "teller", mixins: [Bus()] } as never,
        {
          name: "orders",
          actions: {
            drive(ctx: { params: { id: string } }) {
              woken.push({ id: ctx.params.id, at: clock });
              if (woken.length === 1) throw new Error("not now");
              return { status: "expired" };
            },
          },
        },
      ],
    });
    await shop.broker.start();
  });
  afterEach(() => shop.stop());

  test("wakes an order at its deadline and not before, again when that failed", async () => {
    const { bus } = shop.broker.getLocalService("teller") as unknown as { bus: BusHandle };
    const expiresAt = clock + 900_000;
    const fact = {
      id: "order:o1:2:0",
      type: "order.reserved",
      schema: 1 as const,
      at: clock,
      v: 2,
      data: { id: "o1", seller: "s", items: [], expiresAt },
    };
    await bus.publish([fact]);
    const [timer] = await eventually(
      async () => timers.filter(({ at }) => at === expiresAt),
      (found) => found.length > 0,
    );
    expect(woken).toEqual([]);
    clock = expiresAt;
    timer!.run();
    await eventually(
      async () => woken,
      (found) => found.length === 2,
    );
    expect(woken).toEqual([
      { id: "o1", at: expiresAt },
      { id: "o1", at: expiresAt },
    ]);
  });
});

/** What holds wherever the jobs wait, in real time. */
function contract(env: () => { REDIS_URL?: string }): void {
  let shop: TestBroker;
  let woken: string[];
  const reserved = (id: string, expiresAt: number) => ({
    id: `order:${id}:2:0`,
    type: "order.reserved",
    schema: 1 as const,
    at: expiresAt,
    v: 2,
    data: { id, seller: "s", items: [], expiresAt },
  });

  beforeEach(async () => {
    woken = [];
    const drive = (ctx: { params: { id: string } }) => {
      woken.push(ctx.params.id);
      return { status: "expired" };
    };
    const orders = { name: "orders", mixins: [Bus()], actions: { drive } };
    shop = testBroker({ env: env(), services: [expiration, orders as never] });
    await shop.broker.start();
  });
  afterEach(() => shop.stop());

  test("tells operators what waits, and when the next one is due", async () => {
    const { bus } = shop.broker.getLocalService("orders") as unknown as { bus: BusHandle };
    const counts = () => shop.broker.call("expiration.queue", {});
    expect(await counts()).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0, next: null });
    const soon = Date.now() + 60_000;
    await bus.publish([reserved("o1", soon), reserved("o2", soon + 60_000), reserved("due", Date.now())]);
    await eventually(
      async () => woken,
      (ids) => ids.includes("due"),
    );
    const told = await eventually(
      () => counts() as Promise<{ active: number; delayed: number }>,
      ({ active, delayed }) => active === 0 && delayed === 2,
    );
    expect(told).toEqual({ waiting: 0, delayed: 2, active: 0, failed: 0, next: soon });
    expect(woken).toEqual(["due"]);
  });
}

describe("the queue of expiration", () => contract(() => ({})));
describeWith(redis, "the queue of expiration on Bull", (server) => contract(() => ({ REDIS_URL: server().url })));
