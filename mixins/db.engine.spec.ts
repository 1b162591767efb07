import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Type } from "typebox";
import { isDuplicate, type CollectionSpec, type Doc, type Query } from "./collection.ts";
import { Engine } from "./db.engine.ts";
import { orderOf } from "./db.shape.ts";

interface Thing extends Doc {
  slot?: string;
  group?: string;
  at?: number;
  tags?: string[];
}

const spec: CollectionSpec = {
  name: "things",
  schema: Type.Object({}),
  indexes: [{ field: "group" }, { field: "slot", unique: true, sparse: true }, { field: "tags" }],
  tally: { by: "group", of: "at" },
};

const letter = fc.constantFrom("a", "b", "c", "d", "e");
const thing = fc.record(
  {
    _id: letter,
    slot: letter,
    group: fc.constantFrom("x", "y"),
    at: fc.nat(3),
    tags: fc.array(letter, { maxLength: 3 }),
  },
  { requiredKeys: ["_id"] },
) as fc.Arbitrary<Thing>;
const change = fc.record({ put: thing, remove: fc.boolean() });
const bounds = fc.record({ $gt: letter, $gte: letter, $lt: letter, $lte: letter }, { requiredKeys: [] });
const condition = fc.oneof(
  letter,
  bounds.filter((range) => Object.keys(range).length > 0),
  fc.record({ $in: fc.array(letter) }),
);
const query = fc.record(
  { _id: condition, slot: condition, group: fc.constantFrom("x", "y"), at: fc.nat(3), tags: letter },
  { requiredKeys: [] },
) as fc.Arbitrary<Query>;
const options = fc.record(
  {
    sort: fc.constantFrom("_id", "-_id", "slot", "-slot", "at", "-at", "group"),
    skip: fc.nat(3),
    limit: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
);

/** What a query means, without any index. */
function matches(doc: Thing, wanted: Query): boolean {
  return Object.entries(wanted).every(([field, want]) => {
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

test("through any changes, every query, order and count is what a plain list would say", () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 25 }),
      fc.array(fc.tuple(query, options), { maxLength: 10 }),
      (changes, questions) => {
        const engine = new Engine<Thing>(spec);
        const plain = new Map<string, Thing>();
        for (const { put, remove } of changes) {
          const before = engine.byId(put._id);
          expect(before).toEqual(plain.get(put._id));
          const clash = [...plain.values()].some(
            ({ _id, slot }) => _id !== put._id && slot !== undefined && slot === put.slot,
          );
          try {
            if (before && remove) engine._removeFromIndexes(before);
            else if (before) engine._updateIndexes(before, put);
            else engine._addToIndexes(put);
            if (before && remove) plain.delete(put._id);
            else plain.set(put._id, put);
            expect(clash && !(before && remove)).toBe(false);
          } catch (error) {
            if (!isDuplicate(error)) throw error;
            expect(clash).toBe(true);
          }
        }
        for (const [wanted, { sort, skip = 0, limit = Infinity }] of questions) {
          const order = orderOf(sort);
          const found = engine.select(wanted, { order, skip, limit });
          const expected = [...plain.values()].filter((doc) => matches(doc, wanted));
          if (order) expected.sort(by(order.field as keyof Thing, order.descending));
          if (order) expect(found).toEqual(expected.slice(skip, skip + limit));
          else expect(found).toHaveLength(Math.min(limit, Math.max(0, expected.length - skip)));
          expect(expected).toEqual(expect.arrayContaining(found));
          expect(engine.first(wanted) === undefined).toBe(expected.length === 0);
        }
        for (const group of ["x", "y"]) {
          const counts: Record<string, number> = {};
          for (const doc of plain.values()) {
            if (doc.group === group && doc.at !== undefined) counts[doc.at] = (counts[doc.at] ?? 0) + 1;
          }
          expect(engine.counts(group)).toEqual(counts);
        }
      },
    ),
    { numRuns: 500 },
  );
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
