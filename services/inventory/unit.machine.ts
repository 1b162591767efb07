import { dueKey } from "../../core/store.ts";
import type { Query, Update } from "../../mixins/db/collection.ts";

/**
 * One copy, one document. Every change is one guarded write on one unit, so a copy cannot have two holders.
 *
 *     free ──hold──→ held ──sell──→ sold ──retire──→ retired
 *       ↑─────free─────┘                               ↑
 *       └──────────────────withdraw────────────────────┘
 */
export interface Unit {
  /** "<item>:<serial>"; the serial of a licence key is a keyed hash of item and key. */
  _id: string;
  item: string;
  /** 1…N; null for a licence key. */
  serial: number | null;
  state: "free" | "held" | "sold" | "retired";
  /** Only free units have it: "<item>:<serial>", padded so that it sorts by serial. */
  free?: string;
  /** Only held units have it: "<item>:<until>:<_id>", so that the first one is the next to lapse. */
  held?: string;
  /** Held and sold units, and refunded ones: "<order>:<line>:<n>", unique: one place in an order has one unit, ever. */
  slot?: string;
  order?: string;
  /** The licence key, encrypted. */
  secret?: string;
  /** Held units: when the sweeper looks whether the hold still has an owner (R5). */
  due?: string;
}

export interface Guarded {
  query: Query;
  update: Update<Unit>;
}

/** How long after its deadline a held unit is looked at by the sweeper, ms. */
const GRACE = 5000;

const pad = (n: number) => String(n).padStart(15, "0");
const freeKey = ({ _id, item, serial }: Pick<Unit, "_id" | "item" | "serial">): string =>
  serial === null ? _id : `${item}:${pad(serial)}`;
const heldKey = (item: string, until: number, id: string): string => `${item}:${pad(until)}:${id}`;
/** When the hold of a `held` key lapses, ms. */
export const lapsesAt = (held: string): number => Number(held.split(":")[1]);

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

/** The slot is part of the guard: by now the unit may be free, or held in another's slot. */
export const free = (unit: Unit, slot: string): Guarded => ({
  query: { state: "held", slot, _id: unit._id },
  update: { $set: { state: "free", free: freeKey(unit) }, $unset: { slot: true, order: true, held: true, due: true } },
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
