import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Envelope } from "../../core/facts.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { testBroker } from "../../tests/broker.ts";
import { fact, listener, noting, until, type BusService } from "../../tests/bus.ts";
import { BusWorld } from "../../tests/bus.world.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("the embedded bus and its disk", () => {
  let world: BusWorld;
  beforeEach(() => {
    world = new BusWorld({});
  });
  afterEach(() => world.close());

  /** What a crash at this moment would leave, as a world of its own. */
  const afterCrash = () => {
    const copy = new BusWorld({});
    cpSync(join(world.dir, "bus"), join(copy.dir, "bus"), { recursive: true });
    return copy;
  };

  test("an id is remembered over a restart, for two minutes", async () => {
    let later = 0;
    const runtime = { ...systemRuntime(), now: () => Date.now() + later };
    const { got, subscriptions } = noting();
    const start = async () => {
      const opened = testBroker({ dir: world.dir, runtime, services: [listener("mail", subscriptions)] });
      await opened.broker.start();
      const { bus } = opened.broker.getLocalService("mail") as BusService;
      return { bus, stop: opened.stop };
    };
    const first = await start();
    await first.bus.publish([fact("a")]);
    await first.stop();
    const second = await start();
    await second.bus.publish([fact("a"), fact("b")]);
    await until(() => got.length >= 2);
    later = 121_000;
    await second.bus.publish([fact("a"), fact("c")]);
    await until(() => got.length >= 4);
    expect(got).toEqual(["order:a:1:0", "order:b:1:0", "order:a:1:0", "order:c:1:0"]);
    await second.stop();
  });

  test("the first position of a group is durable before anything is delivered", async () => {
    const { subscriptions } = noting("order.paid", { from: "new" });
    const bus = await world.start(listener("mail", subscriptions));
    const copy = afterCrash();
    const shop = await copy.start(listener("shop"));
    await shop.publish([fact("meanwhile")]);
    await shop.stop();
    const { got, subscriptions: again } = noting("order.paid", { from: "new" });
    await copy.start(listener("mail", again));
    await until(() => got.length);
    await copy.close();
    await bus.stop();
  });

  test("acknowledgements are on the disk a second later; what is in a handler or fails comes again after a crash", async () => {
    const { got, subscriptions } = noting();
    const handler = async (paid: Envelope) => {
      if (paid.id.startsWith("order:slow")) await new Promise((resolve) => setTimeout(resolve, 3000));
      if (paid.id.startsWith("order:bad")) throw new Error("never");
      await subscriptions["order.paid"]!.handler(paid);
    };
    const bus = await world.start(listener("mail", { "order.paid": { handler } }, { backoff: [60_000] }));
    const good = range(1, 20).map((n) => fact(`good${n}`));
    await bus.publish([fact("slow"), fact("bad"), ...good]);
    const cursors = () => JSON.parse(readFileSync(join(world.dir, "bus", "cursors.json"), "utf8"));
    await until(() => got.length === 20);
    await until(() => cursors().mail["order.paid"].position === 22, 1900);
    expect(cursors().mail["order.paid"].open.toSorted()).toEqual([1, 2]);
    const copy = afterCrash();
    const rest = noting();
    await copy.start(listener("mail", rest.subscriptions));
    await until(() => rest.got.length >= 2);
    await copy.close();
    expect(rest.got.toSorted()).toEqual(["order:bad:1:0", "order:slow:1:0"]);
  });

  test("a group that is far behind holds a bounded part of the log in memory, and gets all of it", async () => {
    const shop = await world.start(listener("shop"));
    const all = range(1, 5000).map((n) => fact(`e${n}`));
    for (let i = 0; i < all.length; i += 500) await shop.publish(all.slice(i, i + 500));
    await shop.stop();
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { got, subscriptions } = noting();
    const handler = async (paid: Envelope) => {
      if (paid.id !== "order:e1:1:0") await gate;
      await subscriptions["order.paid"]!.handler(paid);
    };
    const bus = await world.start(listener("mail", { "order.paid": { handler } }));
    const cursor = () => JSON.parse(readFileSync(join(world.dir, "bus", "cursors.json"), "utf8")).mail["order.paid"];
    await until(() => cursor().position > 0);
    expect(cursor().open.length).toBeLessThan(600);
    expect(cursor().position).toBeLessThan(600);
    await bus.publish([fact("last")]);
    release();
    await until(() => got.length >= 5001);
    expect(got.toSorted()).toEqual([...all, fact("last")].map(({ id }) => id).sort());
    await bus.stop();
    expect(cursor()).toEqual({ position: 5001, open: [] });
  });
});
