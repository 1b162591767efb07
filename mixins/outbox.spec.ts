import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { defineMixin } from "../core/contract.ts";
import type { Envelope } from "../core/facts.ts";
import { systemRuntime } from "../core/runtime.ts";
import { fieldsOf, type Versioned } from "../core/store.ts";
import { onBothStores, testBroker, type TestBroker } from "../tests/broker.ts";
import type { BusHandle } from "./bus/bus.ts";
import type { Collection } from "./db/collection.ts";
import { Db } from "./db/db.ts";
import { Outbox, type OutboxStore } from "./outbox.ts";
import { Sweeper } from "./sweeper.ts";

interface Thing extends Versioned {
  state: string;
  note?: string;
}

/** A bus that keeps what it is given, or fails. */
const fakeBus = (published: Envelope[], down: () => boolean) =>
  defineMixin<{ bus: BusHandle }>({
    created() {
      const publish = async (facts: Envelope[]) => {
        if (down()) throw new Error("The bus is down");
        published.push(...facts);
      };
      this.bus = { publish } as BusHandle;
    },
  });

onBothStores("outbox and sweeper", (env) => {
  let shop: TestBroker;
  let published: Envelope[];
  let driven: string[];
  let busDown: boolean;
  let clock: number;
  let service: { store: OutboxStore<Thing>; db: Collection<Thing>; sweep(): Promise<void> };

  beforeEach(async () => {
    [published, driven, busDown, clock] = [[], [], false, 1_700_000_000_000];
    shop = testBroker({
      env,
      runtime: { ...systemRuntime(), now: () => clock },
      services: [
        {
          name: "things",
          mixins: [
            Db<Thing>({
              name: "things",
              schema: fieldsOf<Thing>({ _id: true, v: true, outbox: true, due: true, state: true, note: true }),
              indexes: [{ field: "due", unique: true, sparse: true }],
            }),
            fakeBus(published, () => busDown),
            Outbox<Thing>({ entity: "thing", due: ({ state }, now) => (state === "open" ? now + 1000 : null) }),
            Sweeper<Thing, { store: OutboxStore<Thing> }>({
              patience: 10_000,
              async drive(doc) {
                driven.push(doc._id);
                await this.store.publish(doc);
              },
            }),
          ],
        } as never,
      ],
    });
    await shop.broker.start();
    service = shop.broker.getLocalService("things") as never;
  });
  afterEach(() => shop.stop());

  const fact = (data: Record<string, unknown> = {}) => ({ type: "thing.changed", data });

  test("a change and its facts are one write; the id of a fact says entity, document, version and place", async () => {
    expect(await service.store.insert({ _id: "a", state: "open" }, [fact({ n: 1 })])).toBe(true);
    const doc = (await service.store.get("a"))!;
    await service.store.write(doc, {
      set: { state: "closed" },
      unset: ["note"],
      facts: [fact({ n: 2 }), fact({ n: 3 })],
    });
    await service.store.flush();
    // Publishing is at least once: the id tells the bus that it has a fact already.
    expect([...new Set(published.map(({ id }) => id))]).toEqual(["thing:a:1:0", "thing:a:2:0", "thing:a:2:1"]);
    expect(published.at(-1)).toMatchObject({ type: "thing.changed", schema: 1, at: clock, v: 2, data: { n: 3 } });
    expect(await service.db.get("a")).toEqual({ _id: "a", v: 2, state: "closed" });
  });

  test("only one of two changes decided on the same version is written, and only its facts are told", async () => {
    await service.store.insert({ _id: "b", state: "open" });
    const doc = (await service.store.get("b"))!;
    const rivals = ["x", "y"].map((note) => service.store.write(doc, { set: { note }, facts: [fact({ note })] }));
    const won = (await Promise.all(rivals)).filter((written) => written !== null);
    expect(won).toHaveLength(1);
    await service.store.flush();
    expect(published.map(({ data }) => data["note"])).toEqual([won[0]!.note]);
  });

  test("an insert of a taken id writes nothing and tells nothing", async () => {
    await service.store.insert({ _id: "c", state: "open" });
    expect(await service.store.insert({ _id: "c", state: "other" }, [fact()])).toBe(false);
    await service.store.flush();
    expect(published).toEqual([]);
    expect((await service.store.get("c"))!.state).toBe("open");
  });

  test("facts that could not be published stay in the document, and the sweeper publishes them", async () => {
    busDown = true;
    await service.store.insert({ _id: "d", state: "closed" }, [fact()]);
    await service.store.flush();
    expect((await service.db.get("d"))!.outbox).toHaveLength(1);
    busDown = false;
    clock += 60_000;
    await service.sweep();
    await service.store.flush();
    expect(published.map(({ id }) => id)).toEqual(["thing:d:1:0"]);
    expect(await service.db.get("d")).toEqual({ _id: "d", v: 1, state: "closed" });
  });

  test("a late clearing does not take away the facts of a later change", async () => {
    await service.store.insert({ _id: "e", state: "open" }, [fact({ n: 1 })]);
    busDown = true;
    await service.store.change("e", () => ({ set: { state: "closed" }, facts: [fact({ n: 2 })] }));
    await service.store.flush();
    expect((await service.db.get("e"))!.outbox!.map(({ data }) => data["n"])).toContain(2);
  });

  test("the sweeper drives what is overdue, once among many, and leaves the rest alone", async () => {
    await service.store.insert({ _id: "due", state: "open" });
    await service.store.insert({ _id: "rests", state: "closed" });
    await service.sweep();
    expect(driven).toEqual([]);
    clock += 2000;
    await Promise.all([service.sweep(), service.sweep()]);
    expect(driven).toEqual(["due"]);
    await service.sweep();
    expect(driven).toEqual(["due"]);
    clock += 11_000;
    await service.sweep();
    expect(driven).toEqual(["due", "due"]);
  });
});
