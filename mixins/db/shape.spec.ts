import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import type { Collection, Doc } from "./collection.ts";
import { Db } from "./db.ts";

interface Thing extends Doc {
  kind?: string;
  state?: string;
  at?: number;
  inner?: { name?: string };
}

const schema = Type.Object({ kind: Type.String(), state: Type.String(), at: Type.Integer(), inner: Type.Object({}) });
const things = { name: "things", mixins: [Db<Thing>({ name: "things", schema })] };

onBothStores("what a collection takes", (env) => {
  let world: TestBroker;
  let db: Collection<Thing>;

  beforeAll(async () => {
    world = testBroker({ env, services: [things] });
    await world.broker.start();
    db = (world.broker.getLocalService("things") as unknown as { db: Collection<Thing> }).db;
  });
  beforeEach(async () => {
    await db.remove({});
    await db.insertMany([{ _id: "a", kind: "x" }, { _id: "b" }]);
  });
  afterAll(() => world.stop());

  test.each([
    ["an unknown field", { knid: "x" }],
    ["an unknown field within", { "outer.name": "x" }],
    ["null", { kind: null }],
    ["undefined", { kind: undefined }],
    ["an operator that the stores understand differently", { kind: { $ne: "x" } }],
    ["a plain object", { inner: { name: "x" } }],
    ["a logical operator", { $or: [{ kind: "x" }] }],
  ])("no query with %s", async (_, query) => {
    await expect(db.claim(query, { $set: { state: "changed" } })).rejects.toThrow(/^things: /);
    await expect(db.remove(query)).rejects.toThrow(/^things: /);
    await expect(db.find(query)).rejects.toThrow(/^things: /);
    expect(await db.find({ state: "changed" })).toEqual([]);
  });

  test("no unknown fields in documents and updates, and no _id that is not a string", async () => {
    await expect(db.insert({ _id: "c", knid: "x" } as Thing)).rejects.toThrow("things: unknown field knid");
    await expect(db.insertMany([{ _id: "c" }, { _id: 7 } as never])).rejects.toThrow("things: an _id is a string");
    await expect(db.claim({ _id: "a" }, { $set: { knid: 1 } } as never)).rejects.toThrow("things: unknown field knid");
    await expect(db.claim({ _id: "a" }, { kind: "y" } as never)).rejects.toThrow("things: unknown modifier kind");
    expect(await db.count({})).toBe(2);
  });

  test("strings stay strings, whatever they hold", async () => {
    const odd = ['{"$gt":""}', "$where", "a.b", "\u2028", "line\nfeed", "1"];
    await db.insertMany(odd.map((kind, at) => ({ _id: `${at}`, kind, at: 1 })));
    for (const [at, kind] of odd.entries()) expect(await db.find({ kind })).toEqual([{ _id: `${at}`, kind, at: 1 }]);
    expect(await db.find({ at: "1" })).toEqual([]);
  });
});
