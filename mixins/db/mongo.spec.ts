import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { describeWith, testBroker, type TestBroker, type TestBrokerOptions } from "../../tests/broker.ts";
import { freePort } from "../../cluster/servers.ts";
import { mongo } from "../../tests/servers.ts";
import type { Collection, Doc } from "./collection.ts";
import { Db } from "./db.ts";

const schema = Type.Object({ n: Type.Integer() });
const service = (name: string): ServiceSchema => ({ name, mixins: [Db({ name, schema })] });

describeWith(mongo, "the connection to MongoDB", (server) => {
  /** Stands between the shop and MongoDB, so that the way can be cut. */
  let way: { url: string; sockets: Set<Socket>; open(): Promise<void>; cut(): Promise<void> };
  let worlds: TestBroker[];

  beforeEach(async () => {
    worlds = [];
    const port = await freePort();
    const target = new URL(server().url);
    const sockets = new Set<Socket>();
    let proxy: Server | undefined;
    way = {
      url: `mongodb://127.0.0.1:${port}`,
      sockets,
      open: () => {
        proxy = createServer((socket) => {
          const onward = connect(Number(target.port), target.hostname);
          socket.pipe(onward).pipe(socket);
          for (const end of [socket, onward]) end.on("error", () => socket.destroy());
          sockets.add(socket.once("close", () => sockets.delete(socket)));
        });
        return new Promise((resolve) => proxy!.listen(port, "127.0.0.1", resolve));
      },
      cut: async () => {
        const closed = new Promise((resolve) => (proxy ? proxy.close(resolve) : resolve(null)));
        for (const socket of sockets) socket.destroy();
        await closed;
      },
    };
  });
  afterEach(async () => {
    for (const world of worlds.reverse()) await world.stop();
    await way.cut();
  });

  function worldOf(services: ServiceSchema[], options: TestBrokerOptions = {}): TestBroker {
    const env = { MONGO_URL: way.url, LOGLEVEL: "fatal", ...options.env };
    const world = testBroker({ ...options, services, env });
    worlds.push(world);
    return world;
  }
  const collectionOf = ({ broker }: TestBroker, name: string) =>
    (broker.getLocalService(name) as unknown as { db: Collection<Doc> }).db;

  test("a start waits for a database that is not there yet", async () => {
    const world = worldOf([service("things")]);
    const started = world.broker.start();
    expect(await Promise.race([started.then(() => "started"), world.runtime.sleep(300)])).toBeUndefined();
    await way.open();
    await started;
    expect(await collectionOf(world, "things").insert({ _id: "a" })).toBe(true);
  });

  test("a stop does not wait for a database that never comes", async () => {
    const world = worldOf([service("things")]);
    const failed = expect(world.broker.start()).rejects.toThrow();
    await world.runtime.sleep(50);
    await world.broker.stop();
    await failed;
    await way.open();
  });

  test("while the database is away calls end in time with an error, and afterwards they work again", async () => {
    await way.open();
    const world = worldOf([service("things")]);
    await world.broker.start();
    const things = collectionOf(world, "things");
    await things.insert({ _id: "a" });
    await way.cut();
    const since = performance.now();
    await expect(things.get("a")).rejects.toThrow();
    expect(performance.now() - since).toBeLessThan(5000);
    await way.open();
    const end = performance.now() + 20_000;
    let found: Doc | null = null;
    while (!found && performance.now() < end) found = await things.get("a").catch(() => null);
    expect(found).toEqual({ _id: "a" });
  });

  test("each service has a connection of its own, closed when it stops", async () => {
    await way.open();
    const world = worldOf([service("things"), service("others")]);
    await world.broker.start();
    await world.broker.destroyService("things");
    expect(await collectionOf(world, "others").insert({ _id: "a" })).toBe(true);
    await world.broker.stop();
    const end = performance.now() + 5000;
    while (way.sockets.size > 0 && performance.now() < end) await world.runtime.sleep(10);
    expect(way.sockets.size).toBe(0);
  });

  test("shops of several namespaces share a database without meeting", async () => {
    await way.open();
    const one = worldOf([service("things")]);
    await one.broker.start();
    await collectionOf(one, "things").insert({ _id: "a" });
    await one.broker.stop();
    const another = worldOf([service("things")], { dir: one.dir, env: { NAMESPACE: "another" } });
    await another.broker.start();
    expect(await collectionOf(another, "things").get("a")).toBeNull();
    await another.broker.stop();
    const same = worldOf([service("things")], { dir: one.dir });
    await same.broker.start();
    expect(await collectionOf(same, "things").get("a")).toEqual({ _id: "a" });
  });
});
