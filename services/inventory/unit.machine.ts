import { dueKey, orderedKey } from "../../core/store.ts";
import type { Query, Update } from "../../mixins/db/collection.ts";

/**
 * One copy, one document. Every change is one guarded write on one unit, so a copy cannot have two holders.
 *
 *     free ──hold──→ held ──sell──→ sold ──retire──→ retired
 *      ↑ │           ↑  │                              ↑
 *      │ └───────────│──│──────────withdraw────────────┘
 *      │          grant give back
 *      │             │  ↓
 *      └──shelve── returning
 *
 * A copy that comes back is offered to the line of its item first: only whoever saw that nobody waits shelves it.
 */
export interface Unit {
  /** "<item>:<serial>"; the serial of a licence key is a keyed hash of item and key. */
  _id: string;
  item: string;
  /** 1…N; null for a licence key. */
  serial: number | null;
  state: "free" | "held" | "returning" | "sold" | "retired";
  /** Only free units have it: "<item>:<serial>", padded so that it sorts by serial. */
  free?: string;
  /** Only held units have it: "<item>:<until>:<_id>", so that the first one is the next to lapse. */
  held?: string;
  /** Only returning units have it: "<item>:<since>:<_id>", so that the first one has waited longest. */
  returning?: string;
  /** Counts how often it came back, and who joined the line meanwhile: what was seen before a turn is no ground to shelve it. */
  turn?: number;
  /** Only returning units have it: the one of those who joined the line who came last. */
  caller?: string;
  /** Held and sold units, and refunded ones: "<order>:<line>:<n>", unique: one place in an order has one unit, ever. */
  slot?: string;
  order?: string;
  /** The licence key, encrypted. */
  secret?: string;
  /** Held units: when the sweeper looks whether the hold still has an owner (R5). Returning ones: when it passes them on. */
  due?: string;
}

export interface Guarded {
  query: Query;
  update: Update<Unit>;
}

/** How long after its deadline a held unit is looked at by the sweeper, ms. */
const GRACE = 5000;
/** A returning unit is passed on at once; if that failed, the sweeper does it after this time, ms. */
const PASS_ON_AFTER = 2000;

const pad = (n: number) => String(n).padStart(15, "0");
const freeKey = ({ _id, item, serial }: Pick<Unit, "_id" | "item" | "serial">): string =>
  serial === null ? _id : `${item}:${pad(serial)}`;
const heldKey = (item: string, until: number, id: string): string => `${item}:${pad(until)}:${id}`;
/** When the hold of a `held` key lapses, ms. */
export const lapsesAt = (held: string): number => Number(held.split(":")[1]);

const onItsWay = ({ _id, item }: Pick<Unit, "_id" | "item">, now: number) => ({
  state: "returning" as const,
  returning: orderedKey(item, now, _id),
  due: dueKey(now + PASS_ON_AFTER, _id),
});

/** A new copy of what people may be waiting for. */
export const arriving = ({ free: _, ...unit }: Unit, now: number): Unit => ({
  ...unit,
  ...onItsWay(unit, now),
  turn: 1,
});

export const newUnit = (item: string, serial: number): Unit =>
  withFree({ _id: `${item}:${serial}`, item, serial, state: "free" });
export const newKeyUnit = (item: string, hash: string, secret: string): Unit =>
  withFree({ _id: `${item}:${hash}`, item, serial: null, state: "free", secret });
const withFree = (unit: Unit): Unit => ({ ...unit, free: freeKey(unit) });

export const hold = (id: string, item: string, slot: string, order: string, until: number): Guarded => ({
  query: { state: "free", _id: id },
  update: {
    $set: { state: "held", slot, order, held: heldKey(item, until, id), due: dueKey(until + GRACE, id) },
    $unset: { free: true },
  },
});

/** For somebody who waited. */
export const grant = ({ _id, item }: Unit, slot: string, order: string, until: number): Guarded => ({
  query: { state: "returning", _id },
  update: {
    $set: { state: "held", slot, order, held: heldKey(item, until, _id), due: dueKey(until + GRACE, _id) },
    $unset: { returning: true, caller: true },
  },
});

/** The slot is part of the guard: by now the unit may be free, or held in another's slot. */
export const giveBack = ({ _id, item }: Unit, slot: string, now: number): Guarded => ({
  query: { state: "held", slot, _id },
  update: {
    $set: { ...onItsWay({ _id, item }, now) },
    $unset: { slot: true, order: true, held: true },
    $inc: { turn: 1 },
  },
});

/** On sale again: for whoever saw, in this very turn of the unit, that nobody waits. */
export const shelve = (unit: Unit): Guarded => ({
  query: { state: "returning", turn: unit.turn, _id: unit._id },
  update: { $set: { state: "free", free: freeKey(unit) }, $unset: { returning: true, caller: true, due: true } },
});

/** Somebody joined the line: whoever saw it without them has to look again. */
export const nextTurn = ({ _id }: Unit, caller: string): Guarded => ({
  query: { state: "returning", _id },
  update: { $set: { caller }, $inc: { turn: 1 } },
});

export const sell = (unit: Unit, slot: string): Guarded => ({
  query: { state: "held", slot, _id: unit._id },
  update: { $set: { state: "sold" }, $unset: { held: true, due: true } },
});

/**
 * A refunded copy does not come back on sale: whoever had it may have kept it. It keeps its slot, so that a claim
 * that comes late finds the place taken.
 */
export const retire = (unit: Unit, slot: string): Guarded => ({
  query: { state: { $in: ["held", "sold"] }, slot, _id: unit._id },
  update: { $set: { state: "retired" }, $unset: { held: true, due: true } },
});

/** Taking stock back: free copies only. */
export const withdraw = (unit: Unit): Guarded => ({
  query: { state: "free", _id: unit._id },
  update: { $set: { state: "retired" }, $unset: { free: true } },
});
