import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { connect, type JetStreamManager, type NatsConnection } from "nats";
import { freePort, LocalServer, nats as recipe, type Recipe } from "../../cluster/servers.ts";
import type { Envelope } from "../../core/facts.ts";
import { troublesOf } from "../../core/trouble.ts";
import { describeWith, testBroker } from "../../tests/broker.ts";
import { fact, listener, noting, until } from "../../tests/bus.ts";
import { BusWorld } from "../../tests/bus.world.ts";
import { nats } from "../../tests/servers.ts";
import { wireTo } from "../../tests/wire.ts";

const ids = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => fact(`${prefix}${i}`));

/** Moleculer's own connection is back: it cannot be ended while it is away. */
const reconnected = ({ transit }: ServiceBroker) => {
  const { client } = transit!.tx as unknown as { client: NatsConnection };
  return until(() =>
    client.flush().then(
      () => true,
      () => false,
    ),
  );
};

describeWith(nats, "a cluster on JetStream", (server) => {
  let world: BusWorld;
  let connection: NatsConnection;
  let jsm: JetStreamManager;
  const stream = () => `holdfast-${world.env["NAMESPACE"]}-facts`;
  beforeEach(async () => {
    world = new BusWorld({ NATS_URL: server().url });
    connection = await connect({ servers: new URL(server().url).host });
    jsm = await connection.jetstreamManager();
  });
  afterEach(async () => {
    await world.close();
    await connection.close();
  });

  test("instances of a service share its facts; `each` instance gets all of the other kind", async () => {
    const [one, two] = [noting(), noting()];
    const [eachOne, eachTwo] = [noting("order.closed", { mode: "each" }), noting("order.closed", { mode: "each" })];
    const bus = await world.start(listener("mail", { ...one.subscriptions, ...eachOne.subscriptions }));
    await world.start(listener("mail", { ...two.subscriptions, ...eachTwo.subscriptions }));
    const facts = ids(400, "e");
    for (let i = 0; i < 400; i += 20) await bus.publish(facts.slice(i, i + 20));
    await bus.publish([fact("x", 1, "order.closed")]);
    await until(() => one.got.length + two.got.length >= 400 && eachOne.got.length && eachTwo.got.length);
    expect([...one.got, ...two.got].sort()).toEqual(facts.map(({ id }) => id).sort());
    expect(one.got.length).toBeGreaterThan(40);
    expect(two.got.length).toBeGreaterThan(40);
    expect([eachOne.got, eachTwo.got]).toEqual([["order:x:1:0"], ["order:x:1:0"]]);
  });

  test("what an instance held when it was cut off goes to another one", async () => {
    const wire = await wireTo(Number(new URL(server().url).port));
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const lost = testBroker({
      env: { ...world.env, NATS_URL: `nats://127.0.0.1:${wire.port}` },
      services: [listener("mail", { "order.paid": { handler: () => gate } })],
    });
    await lost.broker.start();
    const shop = await world.start(listener("shop"));
    const facts = ids(20, "e");
    await shop.publish(facts);
    await until(async () => {
      for await (const { name, num_ack_pending } of jsm.consumers.list(stream()))
        if (name.startsWith("mail=all")) return num_ack_pending === 20;
      return false;
    });
    wire.cut();
    const { got, subscriptions } = noting();
    await world.start(listener("mail", subscriptions));
    await until(() => got.length >= 20);
    expect(got.toSorted()).toEqual(facts.map(({ id }) => id).sort());
    wire.mend();
    release();
    await reconnected(lost.broker);
    await lost.stop();
    wire.close();
  });

  test("what waits at an instance that stops goes to another one at once", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const [one, two] = [noting(), noting()];
    const handler = async (paid: Envelope) => {
      await gate;
      await one.subscriptions["order.paid"]!.handler(paid);
    };
    const first = await world.start(listener("mail", { "order.paid": { handler } }, { ackWait: 60_000 }));
    const facts = ids(40, "e");
    await first.publish(facts);
    await until(async () => {
      for await (const { name, num_ack_pending } of jsm.consumers.list(stream()))
        if (name.startsWith("mail=all")) return num_ack_pending === 40;
      return false;
    });
    const stopping = first.stop();
    await world.start(listener("mail", two.subscriptions, { ackWait: 60_000 }));
    release();
    await stopping;
    await until(() => one.got.length + two.got.length >= 40);
    expect(one.got.length).toBe(16);
    expect([...one.got, ...two.got].sort()).toEqual(facts.map(({ id }) => id).sort());
  });

  test("a stop waits neither for a server that is away nor for one that hangs", async () => {
    const wire = await wireTo(Number(new URL(server().url).port));
    const env = { ...world.env, NATS_URL: `nats://127.0.0.1:${wire.port}` };
    const each = noting("order.paid", { mode: "each" });
    const mail = () => listener("mail", { ...noting("order.closed").subscriptions, ...each.subscriptions });
    const cut = testBroker({ env, services: [mail()] });
    await cut.broker.start();
    for (const trouble of [wire.cut, wire.freeze]) {
      trouble();
      const start = Date.now();
      await cut.broker.destroyService("mail");
      expect(Date.now() - start).toBeLessThan(4000);
      wire.mend();
      await reconnected(cut.broker);
      cut.broker.createService(mail());
      await cut.broker.waitForServices("mail", 5000, 10);
    }
    await cut.stop();
    wire.close();
  });

  test("a service waits for a server that is there while its JetStream is not", async () => {
    const dir = mkdtempSync(join(tmpdir(), "holdfast-"));
    const port = String(await freePort());
    const command = () => ["nats-server", "--addr", "127.0.0.1", "--port", port];
    const bare: Recipe = { ...recipe, find: () => ({ url: () => `nats://127.0.0.1:${port}`, command }) };
    const early = await LocalServer.start(bare, { dir, port });
    const { broker, stop } = testBroker({
      env: { ...world.env, NATS_URL: early.url },
      services: [listener("mail", noting().subscriptions)],
    });
    const started = broker.start();
    await Promise.race([started, until(() => troublesOf(broker).lines.length > 0)]);
    expect(broker.started).toBe(false);
    await early.stop();
    const late = await LocalServer.start(recipe, { dir, port });
    await started;
    expect(troublesOf(broker).lines).toEqual([]);
    await stop();
    await late.stop();
    rmSync(dir, { recursive: true });
  });

  test("a stream that was lost is made anew by publishers, and consumers by those who run", async () => {
    const group = noting();
    const fresh = noting("order.paid", { from: "new" });
    const each = noting("order.paid", { mode: "each" });
    const bus = await world.start(
      listener("one", group.subscriptions),
      listener("two", fresh.subscriptions),
      listener("three", each.subscriptions),
    );
    await bus.publish([fact("a")]);
    const all = [group.got, fresh.got, each.got];
    await until(() => all.every((got) => got.length === 1));
    await jsm.streams.delete(stream());
    await bus.publish([fact("b"), fact("c")]);
    await until(() => all.every((got) => got.length >= 3));
    for (const got of all) expect(got.toSorted()).toEqual(["order:a:1:0", "order:b:1:0", "order:c:1:0"]);
  });

  test("a consumer that was lost is made anew, and one of new facts goes on where it was", async () => {
    const fresh = noting("order.paid", { from: "new" });
    const bus = await world.start(listener("two", fresh.subscriptions));
    await bus.publish([fact("a")]);
    await until(() => fresh.got.length === 1);
    for await (const { name } of jsm.consumers.list(stream())) await jsm.consumers.delete(stream(), name);
    await bus.publish([fact("b")]);
    await until(() => fresh.got.includes("order:b:1:0"));
  });

  test("without a connection publishing fails, and everything goes on when it is back", async () => {
    const wire = await wireTo(Number(new URL(server().url).port));
    const { got, subscriptions } = noting();
    const cut = testBroker({
      env: { ...world.env, NATS_URL: `nats://127.0.0.1:${wire.port}` },
      services: [listener("mail", subscriptions)],
    });
    await cut.broker.start();
    const shop = await world.start(listener("shop"));
    wire.cut();
    await shop.publish(ids(5, "e"));
    const { bus } = cut.broker.getLocalService("mail") as unknown as { bus: typeof shop };
    await expect(bus.publish([fact("f")])).rejects.toThrow();
    wire.mend();
    await until(() => got.length >= 5);
    await bus.publish([fact("f")]);
    await until(() => got.length >= 6);
    expect(new Set(got).size).toBe(got.length);
    await reconnected(cut.broker);
    await cut.stop();
    wire.close();
  });

  test("what an earlier version configured differently is brought up to date, and nothing is lost", async () => {
    await jsm.streams.add({ name: stream(), subjects: [`holdfast-${world.env["NAMESPACE"]}.fact.>`] });
    const { got, subscriptions } = noting();
    const bus = await world.start(listener("mail", subscriptions));
    await bus.publish([fact("a")]);
    await until(() => got.length);
    expect((await jsm.streams.info(stream())).config).toMatchObject({
      duplicate_window: 120e9,
      max_age: 30 * 86_400e9,
    });
    await bus.stop();
    const slower = await world.start(listener("mail", subscriptions, { ackWait: 7000 }));
    await slower.publish([fact("b")]);
    await until(() => got.length === 2);
    const waits = [];
    for await (const { config } of jsm.consumers.list(stream())) waits.push(config.ack_wait);
    expect(waits).toEqual([7000e6, 7000e6]);
  });
});
