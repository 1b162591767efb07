import { keysOf } from "../../core/store.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import type { Stock } from "../schemas.ts";
import { MAX_LINE } from "../waitlist/waitlist.contract.ts";
import { arriving, withdraw, type Unit } from "./unit.machine.ts";

type Units = Collection<Unit>;

/**
 * New copies are for whoever waits: so many of them as may wait at the most, the rest is free at once. There is nobody
 * before there ever was a copy. How many were new, and the copies that are to be passed on.
 */
export async function arrive(
  db: Units,
  item: string,
  units: Unit[],
  { first, now }: { first: boolean; now: number },
): Promise<{ added: number; back: Unit[] }> {
  const added = await db.insertMany(units.map((unit, n) => (first || n >= MAX_LINE ? unit : arriving(unit, now))));
  return { added, back: first ? [] : await db.find({ returning: keysOf(item) }) };
}

/** Retires so many free units, the highest serials first; fewer when fewer are free. */
export async function takeBack(db: Units, item: string, count: number): Promise<void> {
  for (let left = count; left > 0;) {
    const free = await db.find({ free: keysOf(item) }, { sort: "-free", limit: left });
    if (!free.length) return;
    for (const unit of free) {
      const { query, update } = withdraw(unit);
      if (await db.claim(query, update)) left--;
    }
  }
}

/** What the shop counts of an item; `made`: all copies there ever were. */
export interface Counts {
  stock: Stock;
  made: number;
}

/** A copy that is on its way back can be had by nobody yet: so it counts as held. */
export function summed({
  free = 0,
  held = 0,
  returning = 0,
  sold = 0,
  retired = 0,
}: Record<string, number> = {}): Counts {
  const total = free + held + returning + sold;
  return { stock: { total, available: free, held: held + returning, sold }, made: total + retired };
}
