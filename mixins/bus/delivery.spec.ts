import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Envelope } from "../../core/facts.ts";
import { describeWith } from "../../tests/broker.ts";
import { fact, listener, noting, until } from "../../tests/bus.ts";
import { BusWorld } from "../../tests/bus.world.ts";
import { nats } from "../../tests/servers.ts";

/** What holds on every backend, of handlers that fail, are slow, or come in each other's way. */
function contract(env: () => Record<string, string | undefined>): void {
  let world: BusWorld;
  beforeEach(() => {
    world = new BusWorld(env());
  });
  afterEach(() => world.close());

  test("a handler that fails is called again after each pause; `each` is then left without it", async () => {
    const calls = { group: [] as number[], each: [] as number[] };
    const failing = (mode: "group" | "each") => ({
      "order.paid": {
        mode,
        handler: async () => {
          calls[mode].push(Date.now());
          if (mode === "each" || calls[mode].length < 3) throw new Error("not now");
        },
      },
    });
    const backoff = [50, 150];
    const services = [listener("one", failing("group"), { backoff }), listener("two", failing("each"), { backoff })];
    const bus = await world.start(...services);
    await bus.publish([fact("a")]);
    await until(() => calls.group.length === 3 && calls.each.length === 3);
    for (const [first, second, third] of Object.values(calls)) {
      expect(second! - first!).toBeGreaterThanOrEqual(48);
      expect(third! - second!).toBeGreaterThanOrEqual(148);
    }
    expect(await bus.dead.list()).toEqual([]);
  });

  test("what fails every time is a dead letter: kept as it was, replayed for its group alone, or dropped", async () => {
    let broken = true;
    const [mail, ledger] = [noting(), noting()];
    const handler = async (got: Envelope) => {
      if (broken) throw Object.assign(new Error("no such account"), { type: "NOT_FOUND" });
      await mail.subscriptions["order.paid"]!.handler(got);
    };
    const services = [listener("mail", { "order.paid": { handler } }), listener("ledger", ledger.subscriptions)];
    let bus = await world.start(...services);
    const start = Date.now();
    await bus.publish([fact("a"), fact("b")]);
    await until(async () => (await bus.dead.list()).length === 2);
    const letters = (await bus.dead.list()).sort((x, y) => x.fact.id.localeCompare(y.fact.id));
    expect(letters[0]).toEqual({
      id: expect.any(String),
      group: "mail",
      fact: fact("a"),
      error: { type: "NOT_FOUND", message: "no such account" },
      attempts: 3,
      at: expect.any(Number),
    });
    expect(letters[0]!.at).toBeGreaterThanOrEqual(start);

    await bus.dead.replay(letters[0]!.id);
    await until(async () => (await bus.dead.list()).some(({ id }) => !letters.some((letter) => letter.id === id)));
    broken = false;
    await bus.stop();
    bus = await world.start(...services);
    const replayed = (await bus.dead.list()).find((letter) => letter.fact.id === fact("a").id)!;
    await bus.dead.replay(replayed.id);
    await until(() => mail.got.length);
    await bus.dead.drop(letters[1]!.id);
    expect(await bus.dead.list()).toEqual([]);
    expect(mail.got).toEqual(["order:a:1:0"]);
    expect(ledger.got.toSorted()).toEqual(["order:a:1:0", "order:b:1:0"]);
    for (const id of [replayed.id, "999", "../cursors", ""])
      for (const what of ["replay", "drop"] as const)
        await expect(bus.dead[what](id)).rejects.toMatchObject({ type: "NOT_FOUND" });
  });

  test("facts of one entity come one after the other in order, those of several at the same time", async () => {
    const [entities, versions] = [20, 10];
    const seen = new Map<string, number[]>();
    let [running, most] = [0, 0];
    const busy = new Set<unknown>();
    const handler = async ({ data, v }: Envelope) => {
      if (busy.has(data["id"])) throw new Error("at the same time");
      busy.add(data["id"]);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      running--;
      busy.delete(data["id"]);
      seen.set(data["id"] as string, [...(seen.get(data["id"] as string) ?? []), v]);
    };
    const bus = await world.start(listener("shop"));
    const all = Array.from({ length: entities * versions }, (_, i) => {
      const v = Math.floor(i / entities) + 1;
      return fact(`e:${i % entities}`, v, v % 2 ? "order.paid" : "order.fulfilled");
    });
    // Half of them lie in the log before the group begins.
    await bus.publish(all.slice(0, all.length / 2));
    await bus.stop();
    const again = await world.start(listener("mail", { "order.paid": { handler }, "order.fulfilled": { handler } }));
    for (let i = all.length / 2; i < all.length; i += 10) await again.publish(all.slice(i, i + 10));
    const inOrder = Array.from({ length: versions }, (_, i) => i + 1);
    await until(() => [...seen.values()].flat().length >= all.length);
    for (const order of seen.values()) expect(order).toEqual(inOrder);
    expect(most).toBeGreaterThan(4);
  });

  test("a fact that fails holds up neither others nor its entity", async () => {
    const { got, subscriptions } = noting();
    const handler = async (paid: Envelope) => {
      if (paid.id === "order:0:1:0") throw new Error("never");
      await subscriptions["order.paid"]!.handler(paid);
    };
    const bus = await world.start(listener("mail", { "order.paid": { handler } }, { backoff: [60_000] }));
    const all = Array.from({ length: 100 }, (_, i) => fact(String(i % 10), Math.floor(i / 10) + 1));
    await bus.publish(all);
    await until(() => got.length >= 99);
    expect(got.toSorted()).toEqual(
      all
        .map(({ id }) => id)
        .slice(1)
        .sort(),
    );
  });

  test("a stop waits for the handler in flight, which acknowledges; what waits comes after the restart", async () => {
    const seen: string[] = [];
    const idle = () => {};
    let release = idle;
    const handler = async ({ id }: Envelope) => {
      await new Promise<void>((resolve) => (release = resolve));
      seen.push(id);
    };
    const bus = await world.start(listener("mail", { "order.paid": { handler } }));
    await bus.publish([fact("a"), fact("a", 2)]);
    await until(() => release !== idle);
    let stopped = false;
    const stopping = bus.stop().then(() => (stopped = true));
    await expect(until(() => stopped, 300)).rejects.toThrow("in vain");
    release();
    await stopping;
    expect(seen).toEqual(["order:a:1:0"]);
    await expect(bus.publish([fact("b")])).rejects.toThrow("not open");
    const { got, subscriptions } = noting();
    await world.start(listener("mail", subscriptions));
    await until(() => got.length);
    expect(got).toEqual(["order:a:2:0"]);
  });

  test("a handler slower than any patience is called once", async () => {
    let calls = 0;
    let done = false;
    const handler = async () => {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 2500));
      done = true;
    };
    const bus = await world.start(listener("mail", { "order.paid": { handler } }, { ackWait: 600 }));
    await bus.publish([fact("a")]);
    await until(() => done);
    expect(calls).toBe(1);
  });

  test("2,000 facts for two groups", async () => {
    const [mail, ledger] = [noting(), noting()];
    const bus = await world.start(listener("mail", mail.subscriptions), listener("ledger", ledger.subscriptions));
    const all = Array.from({ length: 2000 }, (_, i) => fact(String(i % 300), Math.floor(i / 300) + 1));
    for (let i = 0; i < all.length; i += 50) await bus.publish(all.slice(i, i + 50));
    await until(() => mail.got.length >= 2000 && ledger.got.length >= 2000);
    const ids = all.map(({ id }) => id).sort();
    expect(mail.got.toSorted()).toEqual(ids);
    expect(ledger.got.toSorted()).toEqual(ids);
  });
}

describe("delivery on the embedded log", () => contract(() => ({})));
describeWith(nats, "delivery on JetStream", (server) => contract(() => ({ NATS_URL: server().url })));
