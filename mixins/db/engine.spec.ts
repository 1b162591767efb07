import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Type } from "typebox";
import { isDuplicate, type CollectionSpec, type Doc, type Query } from "./collection.ts";
import { Engine } from "./engine.ts";
import { orderOf } from "./shape.ts";

interface Thing extends Doc {
  slot?: string;
  code?: string;
  group?: string;
  at?: number;
  tags?: string[];
}

const spec: CollectionSpec = {
  name: "things",
  schema: Type.Object({}),
  indexes: [
    { field: "group" },
    { field: "slot", unique: true, sparse: true },
    { field: "code", unique: true, sparse: true },
    { field: "tags" },
  ],
  tally: { by: "group", of: "at" },
};

const letter = fc.constantFrom(..."abcdefgh");
const group = fc.constantFrom("x", "y");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const present = <T extends object>(record: T) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

const thing: fc.Arbitrary<Thing> = fc
  .record({
    _id: letter,
    slot: maybe(letter),
    code: maybe(letter),
    group: maybe(group),
    at: maybe(fc.nat(3)),
    tags: maybe(fc.array(letter, { maxLength: 3 })),
  })
  .map(present);
const change = fc.record({ put: thing, remove: fc.boolean() });

const range = fc
  .record({ $gt: maybe(letter), $gte: maybe(letter), $lt: maybe(letter), $lte: maybe(letter) })
  .map(present)
  .filter((bounds) => Object.keys(bounds).length > 0);
const wanted = fc.oneof(letter, range, fc.record({ $in: fc.array(letter) }));
const condition = fc.oneof(
  fc.tuple(fc.constantFrom("_id", "slot", "code", "tags"), wanted),
  fc.tuple(fc.constant("group"), group),
  fc.tuple(fc.constant("at"), fc.nat(3)),
);
const query: fc.Arbitrary<Query> = fc.array(condition, { maxLength: 2 }).map(Object.fromEntries);
const options = fc.record({
  sort: maybe(fc.constantFrom("_id", "-_id", "slot", "-slot", "at", "-at", "group", "-group")),
  skip: maybe(fc.nat(3)),
  limit: maybe(fc.integer({ min: 1, max: 4 })),
});

/** What a query means, without any index. */
function matches(doc: Thing, asked: Query): boolean {
  return Object.entries(asked).every(([field, want]) => {
    const values = [doc[field as keyof Thing]].flat();
    if (want === null || typeof want !== "object") return values.some((value) => value === want);
    const { $in, $gt, $gte, $lt, $lte } = want as {
      $in?: string[];
      $gt?: string;
      $gte?: string;
      $lt?: string;
      $lte?: string;
    };
    return values.some(
      (value) =>
        typeof value === "string" &&
        (!$in || $in.includes(value)) &&
        ($gt === undefined || value > $gt) &&
        ($gte === undefined || value >= $gte) &&
        ($lt === undefined || value < $lt) &&
        ($lte === undefined || value <= $lte),
    );
  });
}

const clashes = (a: Thing, b: Thing) =>
  a._id !== b._id && ((!!a.slot && a.slot === b.slot) || (!!a.code && a.code === b.code));

/** Makes the same change in both, where no unique key forbids it. */
function apply(
  engine: Engine<Thing>,
  plain: Map<string, Thing>,
  { put, remove }: { put: Thing; remove: boolean },
): void {
  const before = engine.byId(put._id);
  expect(before).toEqual(plain.get(put._id));
  if (before && remove) {
    engine._removeFromIndexes(before);
    plain.delete(put._id);
    return;
  }
  const forbidden = [...plain.values()].some((doc) => clashes(doc, put));
  let refused = false;
  try {
    if (before) engine._updateIndexes(before, put);
    else engine._addToIndexes(put);
  } catch (error) {
    refused = isDuplicate(error);
  }
  expect(refused).toBe(forbidden);
  if (!refused) plain.set(put._id, put);
}

function countsOf(plain: Map<string, Thing>, value: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const doc of plain.values()) {
    if (doc.group === value && doc.at !== undefined) counts[doc.at] = (counts[doc.at] ?? 0) + 1;
  }
  return counts;
}

const scenario = [fc.array(change, { maxLength: 30 }), fc.array(fc.tuple(query, options), { maxLength: 10 })] as const;

test("through any changes, every query, order and count is what a plain list would say", () => {
  const property = fc.property(...scenario, (changes, questions) => {
    const engine = new Engine<Thing>(spec);
    const plain = new Map<string, Thing>();
    for (const one of changes) apply(engine, plain, one);
    for (const [asked, { sort, skip = 0, limit = Infinity }] of questions) {
      const order = orderOf(sort);
      const found = engine.select(asked, { order, skip, limit });
      const expected = [...plain.values()].filter((doc) => matches(doc, asked));
      expect(engine.first(asked) === undefined).toBe(expected.length === 0);
      expect(found).toHaveLength(Math.min(limit, Math.max(0, expected.length - skip)));
      if (order) expected.sort(by(order.field as keyof Thing, order.descending));
      if (order) expect(found).toEqual(expected.slice(skip, skip + limit));
      else for (const doc of found) expect(expected).toContain(doc);
    }
    for (const value of ["x", "y"]) expect(engine.counts(value)).toEqual(countsOf(plain, value));
  });
  fc.assert(property, { numRuns: 500 });
});

/** Missing values come first, `_id` decides between equals. */
function by(field: keyof Thing, descending: boolean): (a: Thing, b: Thing) => number {
  const rank = (doc: Thing) => String(doc[field] ?? "");
  const compare = (a: string, b: string) => Number(a > b) - Number(a < b);
  return (a, b) => (descending ? -1 : 1) * compare(rank(a), rank(b)) || compare(a._id, b._id);
}

test("a query of several indexed fields reads the most selective one, wherever it stands", () => {
  const engine = new Engine<Thing>(spec);
  for (let at = 0; at < 1000; at++) engine._addToIndexes({ _id: `t${at}`, group: "x", slot: `s${at}` });
  const { group } = engine.indexes;
  group!.tree.search = () => {
    throw new Error("the index of few values was read");
  };
  expect(engine.first({ _id: "t5", group: "x" })).toMatchObject({ slot: "s5" });
  expect(engine.first({ slot: "s5", group: "x" })).toMatchObject({ _id: "t5" });
});

test("a change that leaves a key as it was costs no search among all who share it", () => {
  const engine = new Engine<Thing>(spec);
  for (let at = 0; at < 1000; at++) engine._addToIndexes({ _id: `t${at}`, group: "x", at: 1 });
  const { tree } = engine.indexes["group"]!;
  const shared = tree.search("x");
  engine._updateIndexes(engine.byId("t500")!, { _id: "t500", group: "x", at: 2 });
  expect(tree.search("x")).toBe(shared);
  expect(engine.select({ group: "x", at: 2 })).toEqual([{ _id: "t500", group: "x", at: 2 }]);
});
