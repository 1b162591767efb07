import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { isDuplicate, type Collection, type CollectionSpec, type Doc, type Update } from "./collection.ts";
import { Db } from "./db.ts";

interface Thing extends Doc {
  kind?: string;
  state?: string;
  slot?: string;
  free?: string;
  at?: number;
  tags?: string[];
  inner?: { name?: string; list?: { n: number }[] };
}

const spec: CollectionSpec = {
  name: "things",
  schema: Type.Object({
    kind: Type.String(),
    state: Type.String(),
    slot: Type.String(),
    free: Type.String(),
    at: Type.Integer(),
    tags: Type.Array(Type.String()),
    inner: Type.Object({}),
  }),
  indexes: [
    { field: "slot", unique: true, sparse: true },
    { field: "free", unique: true, sparse: true },
    { field: "at" },
  ],
  tally: { by: "kind", of: "state" },
  durable: true,
};

const serviceOf = (more: Partial<ServiceSchema> = {}): ServiceSchema => ({
  name: "things",
  ...more,
  mixins: [Db<Thing>(spec), ...(more.mixins ?? [])],
});

const collectionOf = ({ broker }: TestBroker) =>
  (broker.getLocalService("things") as unknown as { db: Collection<Thing> }).db;
const duplicate = (outcome: Promise<unknown>) => outcome.then(() => false, isDuplicate);
const ids = (docs: Thing[]) => docs.map(({ _id }) => _id);

onBothStores("a collection", (env) => {
  let first: TestBroker;
  let world: TestBroker;
  let db: Collection<Thing>;

  beforeAll(async () => {
    world = first = testBroker({ env, services: [serviceOf()] });
    await world.broker.start();
    db = collectionOf(world);
  });
  afterEach(() => db.remove({}));
  afterAll(async () => {
    await world.stop();
    await first.stop();
  });

  test("insert, get, findOne and count; an _id that is taken is false and changes nothing", async () => {
    expect(await db.insert({ _id: "a", kind: "k", inner: {}, tags: [] })).toBe(true);
    expect(await db.insert({ _id: "a", kind: "other" })).toBe(false);
    expect(await db.get("a")).toEqual({ _id: "a", kind: "k", inner: {}, tags: [] });
    expect(await db.get("b")).toBeNull();
    expect(await db.findOne({ kind: "k" })).toMatchObject({ _id: "a" });
    expect(await db.findOne({ kind: "other" })).toBeNull();
    expect([await db.count({}), await db.count({ kind: "k" }), await db.count({ kind: "x" })]).toEqual([1, 1, 0]);
  });

  test("an answer is a copy, and so is what is kept", async () => {
    const doc: Thing = { _id: "a", inner: { list: [{ n: 1 }] } };
    await db.insert(doc);
    doc.inner!.list![0]!.n = 2;
    const inner: Thing["inner"] = { list: [{ n: 1 }] };
    await db.claim({ _id: "a" }, { $set: { inner } });
    inner.list![0]!.n = 6;
    (await db.get("a"))!.inner!.list![0]!.n = 3;
    (await db.find({}))[0]!.inner!.list![0]!.n = 4;
    (await db.claim({ _id: "a" }, { $set: { kind: "k" } }))!.inner!.list![0]!.n = 5;
    expect(await db.get("a")).toEqual({ _id: "a", kind: "k", inner: { list: [{ n: 1 }] } });
  });

  test("a guarded write changes one document that matches, and answers with it", async () => {
    await db.insertMany(["a", "b"].map((_id) => ({ _id, state: "free", at: 1, tags: ["x", "y"], slot: _id })));
    const update: Update<Thing> = {
      $set: { state: "held", inner: { name: "n" } },
      $inc: { at: 2 },
      $push: { tags: { $each: ["z"], $slice: -2 } },
      $unset: { slot: true },
    };
    const held = { _id: "a", state: "held", at: 3, tags: ["y", "z"], inner: { name: "n" } };
    expect(await db.claim({ state: "free", _id: "a" }, update)).toEqual(held);
    expect(await db.claim({ state: "free", _id: "a" }, update)).toBeNull();
    expect(await db.get("a")).toEqual(held);
    expect(await db.claim({ "inner.name": "n" }, { $set: { at: 8 } })).toMatchObject({ _id: "a", at: 8 });
    expect(await db.claim({ _id: "a" }, { $pull: { tags: "y" } })).toMatchObject({ tags: ["z"] });
    expect(await db.claim({ _id: "a" }, { $set: { inner: {} } })).toMatchObject({ inner: {} });
    expect(await db.claim({ _id: "b" }, { $pull: { inner: "nothing is there" } })).toMatchObject({ state: "free" });
    expect(await db.claim({ state: "free" }, { $set: { at: 9 } })).toMatchObject({ _id: "b", at: 9 });
  });

  test("what is set to undefined is removed, and is not there when it was never set", async () => {
    await db.insert({ _id: "a", kind: undefined, slot: "s", inner: { name: undefined } });
    expect(Object.keys((await db.get("a"))!).sort()).toEqual(["_id", "inner", "slot"].sort());
    const after = await db.claim({ _id: "a" }, { $set: { slot: undefined, at: 1 } });
    expect(after).toEqual({ _id: "a", at: 1, inner: {} });
    expect(await db.count({ slot: { $exists: true } })).toBe(0);
    expect(await db.insert({ _id: "b", slot: "s" })).toBe(true);
  });

  test("of 500 rivals for 50 documents exactly 50 win", async () => {
    await db.insertMany(Array.from({ length: 50 }, (_, at) => ({ _id: `unit:${at}`, state: "free", kind: "k" })));
    const tries = Array.from({ length: 500 }, (_, at) =>
      db.claim({ state: "free", _id: `unit:${at % 50}` }, { $set: { state: "held", slot: `order:${at}` } }),
    );
    const won = (await Promise.all(tries)).filter((doc) => doc !== null);
    expect(won).toHaveLength(50);
    expect(new Set(ids(won)).size).toBe(50);
    const kept = await db.find({ state: "held" });
    expect(new Set(kept.map(({ slot }) => slot))).toEqual(new Set(won.map(({ slot }) => slot)));
  });

  test("a unique sparse key: taken is a duplicate and writes nothing, $unset frees it, without it there is no clash", async () => {
    await db.insertMany([{ _id: "a", slot: "s" }, { _id: "b", free: "b" }, { _id: "c" }]);
    expect(await db.insert({ _id: "d", slot: "s", free: "d" })).toBe(false);
    expect(await db.insert({ _id: "e", free: "d" })).toBe(true);
    expect(await duplicate(db.claim({ _id: "b" }, { $set: { slot: "s", at: 1 }, $unset: { free: true } }))).toBe(true);
    expect(await db.get("b")).toEqual({ _id: "b", free: "b" });
    expect(await db.find({ free: { $gte: "a" } })).toHaveLength(2);
    await db.claim({ _id: "a" }, { $unset: { slot: true } });
    expect(await db.claim({ _id: "b" }, { $set: { slot: "s" } })).toMatchObject({ slot: "s" });
    expect(await db.findOne({ slot: "s" })).toMatchObject({ _id: "b" });
  });

  test("a range on a unique sparse field finds those that have it, in its order, as many as asked for", async () => {
    const serials = ["x:003", "x:001", "y:001", "x:002", "w:009"];
    await db.insertMany([...serials.map((free, at) => ({ _id: String(at), free })), { _id: "none" }]);
    const free = { $gte: "x:", $lt: "x;" };
    expect((await db.find({ free })).map((doc) => doc.free)).toEqual(["x:001", "x:002", "x:003"]);
    expect((await db.find({ free }, { limit: 2 })).map((doc) => doc.free)).toEqual(["x:001", "x:002"]);
    expect((await db.find({ free: { $gt: "x:001", $lte: "y:001" } })).map((doc) => doc.free)).toEqual([
      "x:002",
      "x:003",
      "y:001",
    ]);
    expect(await db.count({ free })).toBe(3);
    expect(await db.find({ free: { $gt: "z" } })).toEqual([]);
  });

  test("sort, limit and skip, by an indexed field and by another; _id decides between equals", async () => {
    await db.insertMany([3, 1, 2, 3, 1].map((at, n) => ({ _id: `t${4 - n}`, at, state: String(at), slot: `${n}` })));
    for (const field of ["at", "state"]) {
      expect(ids(await db.find({}, { sort: field }))).toEqual(["t0", "t3", "t2", "t1", "t4"]);
      expect(ids(await db.find({}, { sort: `-${field}`, limit: 3 }))).toEqual(["t1", "t4", "t2"]);
      expect(ids(await db.find({}, { sort: `-${field}`, skip: 2, limit: 2 }))).toEqual(["t2", "t0"]);
    }
    expect(ids(await db.find({ at: { $lte: 2 } }, { sort: "-at" }))).toEqual(["t2", "t0", "t3"]);
    expect(ids(await db.find({ at: { $gt: 1 } }, { sort: "-_id", limit: 2 }))).toEqual(["t4", "t2"]);
    expect(ids(await db.find({ _id: { $in: ["t4", "t0", "t9"] } }, { sort: "_id" }))).toEqual(["t0", "t4"]);
    expect(ids(await db.find({ _id: { $gt: "t1" } }, { sort: "_id", limit: 2 }))).toEqual(["t2", "t3"]);
  });

  test("insertMany skips the _ids that are taken; another key that is taken throws, and the rest is in", async () => {
    await db.insert({ _id: "a", slot: "s" });
    expect(await db.insertMany([{ _id: "a", kind: "new" }, { _id: "b" }, { _id: "c" }])).toBe(2);
    expect(await db.get("a")).toEqual({ _id: "a", slot: "s" });
    expect(await db.insertMany([])).toBe(0);
    expect(await duplicate(db.insertMany([{ _id: "d", slot: "s" }, { _id: "e" }]))).toBe(true);
    expect(ids(await db.find({}, { sort: "_id" }))).toEqual(["a", "b", "c", "e"]);
  });

  test("remove answers how many, and frees their keys", async () => {
    await db.insertMany(["a", "b", "c"].map((_id) => ({ _id, slot: _id, kind: _id === "c" ? "y" : "x" })));
    expect(await db.remove({ kind: "x" })).toBe(2);
    expect(await db.remove({ kind: "x" })).toBe(0);
    expect(ids(await db.find({}))).toEqual(["c"]);
    expect(await db.insert({ _id: "d", slot: "a" })).toBe(true);
  });

  test("the tally stays exact through inserts, lost and won claims, broken keys, removals and a restart", async () => {
    const tally = async () => Object.fromEntries(await db.tally(["k", "l", "none"]));
    await db.insertMany([1, 2, 3].map((n) => ({ _id: `k${n}`, kind: "k", state: "free", slot: `s${n}` })));
    await db.insert({ _id: "l", kind: "l", state: "free" });
    await db.insert({ _id: "l", kind: "k", state: "free" });
    await db.insert({ _id: "uncounted", kind: "k" });
    expect(await tally()).toEqual({ k: { free: 3 }, l: { free: 1 }, none: {} });
    await db.claim({ state: "free", _id: "k1" }, { $set: { state: "held" } });
    await db.claim({ state: "free", _id: "k1" }, { $set: { state: "sold" } });
    await duplicate(db.claim({ _id: "k2" }, { $set: { state: "held", slot: "s3" } }));
    await db.claim({ _id: "l" }, { $set: { kind: "k" } });
    await db.remove({ _id: "k3" });
    const expected = { k: { free: 2, held: 1 }, l: {}, none: {} };
    expect(await tally()).toEqual(expected);
    await world.broker.stop();
    world = testBroker({ env, dir: world.dir, services: [serviceOf()] });
    await world.broker.start();
    db = collectionOf(world);
    expect(await tally()).toEqual(expected);
    expect(await db.get("k1")).toMatchObject({ state: "held", slot: "s1" });
    expect(await db.insert({ _id: "new", slot: "s1" })).toBe(false);
  });

  test("is open before any other mixin starts, and closes after the last one stopped, in every broker of its own", async () => {
    const seen: unknown[] = [];
    const neighbour: ServiceSchema = {
      name: "",
      async started() {
        seen.push(await (this["db"] as Collection<Thing>).insert({ _id: "at start" }));
      },
      async stopped() {
        seen.push(await (this["db"] as Collection<Thing>).count({}));
      },
    };
    const other = testBroker({ env, services: [serviceOf({ mixins: [neighbour] })] });
    await other.broker.start();
    await other.stop();
    expect(seen).toEqual([true, 1]);
    expect(await db.count({})).toBe(0);
  });
});
