import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemRuntime } from "../../core/runtime.ts";
import { testBroker, type TestBroker } from "../../tests/broker.ts";
import { eventually } from "../../tests/till.ts";
import { Bus, type BusHandle } from "../../mixins/bus.ts";
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
