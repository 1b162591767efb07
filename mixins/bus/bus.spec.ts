import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Envelope } from "../../core/facts.ts";
import { describeWith } from "../../tests/broker.ts";
import { fact, listener, noting, until, type BusService } from "../../tests/bus.ts";
import { BusWorld } from "../../tests/bus.world.ts";
import { nats } from "../../tests/servers.ts";

/** What holds on every backend: who gets which facts. */
function contract(env: () => Record<string, string | undefined>): void {
  let world: BusWorld;
  beforeEach(() => {
    world = new BusWorld(env());
  });
  afterEach(() => world.close());

  test("every group gets a fact, and with it `this`; publishing an id again is no second fact", async () => {
    const [mail, ledger] = [noting(), noting()];
    const selves: string[] = [];
    const own = listener("own", {
      "order.paid": {
        async handler(this: { name: string }, { data }: Envelope) {
          selves.push(`${this.name} ${JSON.stringify(data)}`);
        },
      } as never,
    });
    const bus = await world.start(own, listener("mail", mail.subscriptions), listener("ledger", ledger.subscriptions));
    await Promise.all([bus.publish([fact("a"), fact("b"), fact("a")]), bus.publish([fact("a")])]);
    await bus.publish([fact("a")]);
    await bus.publish([fact("c"), fact("d", 1, "order.unknown")]);
    await bus.publish([]);
    const ids = ["order:a:1:0", "order:b:1:0", "order:c:1:0"];
    await until(() => [mail.got, ledger.got, selves].every(({ length }) => length >= 3));
    expect(mail.got.toSorted()).toEqual(ids);
    expect(ledger.got.toSorted()).toEqual(ids);
    expect(selves.toSorted()).toEqual(["a", "b", "c"].map((id) => `own {"id":"${id}"}`));
  });

  test("what a handler does to its fact, nobody else sees", async () => {
    const seen: unknown[] = [];
    const spoil = {
      "order.paid": {
        handler: async (got: Envelope) => {
          seen.push(structuredClone(got));
          got.data["id"] = "spoiled";
          if (seen.length < 2) throw new Error("once more");
        },
      },
    };
    const bus = await world.start(listener("one", spoil), listener("two", spoil));
    const published = fact("a");
    await bus.publish([published]);
    await until(() => seen.length >= 3);
    expect(seen).toEqual([fact("a"), fact("a"), fact("a")]);
    expect(published).toEqual(fact("a"));
  });

  test("a group goes on after a restart where it was, with what came meanwhile", async () => {
    const first = noting();
    const bus = await world.start(listener("mail", first.subscriptions));
    await bus.publish([fact("a"), fact("b")]);
    await until(() => first.got.length === 2);
    await bus.stop();
    const other = await world.start(listener("other"));
    await other.publish([fact("c")]);
    await other.stop();
    const second = noting();
    const again = await world.start(listener("mail", second.subscriptions));
    await again.publish([fact("d")]);
    await until(() => second.got.length >= 2);
    expect(second.got).toEqual(["order:c:1:0", "order:d:1:0"]);
  });

  test("a new group begins with the whole log, or from then on; then it is durable", async () => {
    const bus = await world.start(listener("shop"));
    await bus.publish([fact("old")]);
    await bus.stop();
    const from = () => [noting(), noting("order.paid", { from: "new" })] as const;
    const start = ([all, fresh]: ReturnType<typeof from>) =>
      world.start(listener("all", all.subscriptions), listener("new", fresh.subscriptions));
    const [all, fresh] = from();
    const second = await start([all, fresh]);
    await until(() => all.got.length === 1);
    await second.stop();
    const third = await world.start(listener("shop"));
    await third.publish([fact("meanwhile")]);
    await third.stop();
    const [allAgain, freshAgain] = from();
    const fourth = await start([allAgain, freshAgain]);
    await fourth.publish([fact("now")]);
    await until(() => allAgain.got.length + freshAgain.got.length >= 4);
    expect(all.got).toEqual(["order:old:1:0"]);
    expect(fresh.got).toEqual([]);
    for (const { got } of [allAgain, freshAgain]) expect(got).toEqual(["order:meanwhile:1:0", "order:now:1:0"]);
  });

  test("a type that a later version adds begins with the whole log, the others go on", async () => {
    const before = noting("order.paid");
    const bus = await world.start(listener("mail", before.subscriptions));
    await bus.publish([fact("a"), fact("a", 2, "order.refunded"), fact("b")]);
    await until(() => before.got.length === 2);
    await bus.stop();
    const [paid, refunded] = [noting("order.paid"), noting("order.refunded")];
    const again = await world.start(listener("mail", { ...paid.subscriptions, ...refunded.subscriptions }));
    await again.publish([fact("c")]);
    await until(() => refunded.got.length && paid.got.length);
    expect([paid.got, refunded.got]).toEqual([["order:c:1:0"], ["order:a:2:0"]]);
  });

  test("handlers begin when every service of the process is started", async () => {
    const shop = await world.start(listener("shop"));
    await shop.publish([fact("a")]);
    await shop.stop();
    let [attempts, pings] = [0, 0];
    const handler = async function (this: BusService) {
      attempts++;
      pings += (await this.broker.call("slow.ping")) as number;
    };
    await world.start(listener("mail", { "order.paid": { handler } }, { backoff: [] }), {
      name: "slow",
      actions: { ping: () => 1 },
      started: () => new Promise((resolve) => setTimeout(resolve, 300)),
    });
    await until(() => pings);
    expect(attempts).toBe(1);
  });

  test("`each`: from now on, and nothing of it stays", async () => {
    const [first, second] = [noting("order.paid", { mode: "each" }), noting("order.paid", { mode: "each" })];
    const shop = await world.start(listener("shop"));
    await shop.publish([fact("before")]);
    await shop.stop();
    const one = await world.start(listener("search", first.subscriptions));
    await one.publish([fact("a")]);
    await until(() => first.got.length);
    await one.stop();
    const two = await world.start(listener("shop"));
    await two.publish([fact("meanwhile")]);
    await two.stop();
    const three = await world.start(listener("search", second.subscriptions));
    await three.publish([fact("b")]);
    await until(() => second.got.length);
    expect([first.got, second.got]).toEqual([["order:a:1:0"], ["order:b:1:0"]]);
  });
}

describe("bus on the embedded log", () => contract(() => ({})));
describeWith(nats, "bus on JetStream", (server) => contract(() => ({ NATS_URL: server().url })));
