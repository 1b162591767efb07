import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { describeWith, testBroker, type TestBroker } from "../tests/broker.ts";
import { nats } from "../tests/servers.ts";
import { eventually } from "../tests/till.ts";
import type { NatsTransporter } from "./nats.ts";

const LONG = 400;

describeWith(nats, "processes that come and go", (server) => {
  const world = `handover-${randomUUID().slice(0, 8)}`;
  let nodes: TestBroker[] = [];
  afterEach(async () => {
    await Promise.all(nodes.map(({ stop }) => stop()));
    nodes = [];
  });

  /** Two services of one process: the first needs the second to the end. */
  async function node({ serving = true } = {}) {
    const at = testBroker({ env: { NATS_URL: server().url, NAMESPACE: world, LOGLEVEL: "fatal" } });
    nodes.push(at);
    const { broker } = at;
    let closed = false;
    const again = { retryPolicy: { enabled: true } };
    if (serving) {
      broker.createService({
        name: "store",
        actions: {
          read() {
            if (closed) throw new Error("The store is closed");
            return broker.nodeID;
          },
        },
        async stopped() {
          closed = true;
        },
      });
      const slowly = async () => {
        await sleep(LONG);
        return broker.call<string, object>("store.read", {}, { nodeID: broker.nodeID });
      };
      broker.createService({ name: "desk", actions: { once: slowly, again: { ...again, handler: slowly } } });
    }
    await broker.start();
    return at;
  }
  /** As a kill -9 looks to the others: the connection is gone, and nobody has said goodbye. */
  const die = ({ broker }: TestBroker) => (broker.transit!.tx as NatsTransporter).client.close();

  test("one that is ready is known to the others: its first call comes before Moleculer would have told of it", async () => {
    const { broker } = await node({ serving: false });
    const { broker: other } = await node();
    const began = performance.now();
    await broker.waitForServices("desk", 5000, 10);
    expect(performance.now() - began).toBeLessThan(500);
    expect(await broker.call("desk.once")).toBe(other.nodeID);
  });

  test("one that stops ends the calls in flight first, and all its services with them", async () => {
    const { broker } = await node({ serving: false });
    const leaving = await node();
    await broker.waitForServices("desk", 5000);
    const inFlight = broker.call("desk.once");
    await sleep(LONG / 4);
    await leaving.broker.stop();
    expect(await inFlight).toBe(leaving.broker.nodeID);
  });

  test("one that dies is struck off at once: what it owed goes to another if it may, and nobody asks it again", async () => {
    const { broker } = await node({ serving: false });
    const [first, second] = [await node(), await node()];
    const holders = () => broker.registry.getServiceList({ onlyAvailable: true }).filter(({ name }) => name === "desk");
    await eventually(
      async () => holders().length,
      (count) => count === 2,
    );
    const asked = Array.from({ length: 4 }, () => broker.call("desk.again"));
    const only = Promise.allSettled([1, 2].map(() => broker.call("desk.once")));
    await sleep(LONG / 4);
    await die(first);
    const began = performance.now();
    expect(await Promise.all(asked)).toHaveLength(4);
    expect((await only).map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const later = Array.from({ length: 4 }, () => broker.call("desk.once"));
    expect(await Promise.all(later)).toEqual(later.map(() => second.broker.nodeID));
    // Heartbeats would have told in three seconds, and so would have the timeout of a call.
    expect(performance.now() - began).toBeLessThan(2700);
  });
});
