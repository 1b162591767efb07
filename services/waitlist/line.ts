import { keysOf, type Store } from "../../core/store.ts";
import type { Query } from "../../mixins/db/collection.ts";
import type { GrantedOrder } from "../orders/orders.contract.ts";
import {
  ANSWERED,
  entryId,
  furtherBack,
  granting,
  isLive,
  left,
  newEntry,
  placedAt,
  rejoined,
  settled,
  stands,
  told,
  waiting,
  type Entry,
  type Joiner,
} from "./entry.machine.ts";

/** What the flows need of the world. Commands change nothing when repeated; each may fail, its effect then unknown. */
export interface Line {
  entries: Store<Entry>;
  find(query: Query, options: { sort?: string; limit: number }): Promise<Entry[]>;
  /** From then on nobody who saw the line without this entry puts a copy on sale. Says whether one is on sale. */
  recall(entry: Entry): Promise<boolean>;
  /** The order of this try, made where there is none. Throws TRY_AGAIN while it is not decided. */
  grant(entry: Entry): Promise<GrantedOrder>;
  /** How an order that was made stands. */
  look(order: string): Promise<GrantedOrder>;
  /** Has the letter sent. */
  tell(entry: Entry): Promise<void>;
  /** A copy is held for somebody, this very moment. */
  granted(entry: Entry): void;
  now(): number;
}

/** Carries the head of the item's line on by one step; false when nobody stands there. */
export async function serve(line: Line, item: string): Promise<boolean> {
  const [head] = await line.find({ place: keysOf(item) }, { limit: 1 });
  if (!head) return false;
  if (head.state === "waiting") await line.entries.write(head, granting(head, line.now())!);
  else await carryOn(line, head);
  return true;
}

/** Carries an entry on until it rests or waits for somebody. Any number of drivers may run for one entry, at once and again. */
export async function drive(line: Line, id: string): Promise<Entry | null> {
  for (;;) {
    const entry = await line.entries.get(id);
    if (!entry || !(await carryOn(line, entry))) return entry;
  }
}

/** One step; false when there is none to take. */
async function carryOn(line: Line, entry: Entry): Promise<boolean> {
  const change = await step(line, entry);
  if (!change) return false;
  const written = await line.entries.write(entry, change);
  if (written?.state === "granted" && entry.state === "granting") line.granted(written);
  return true;
}

async function step(line: Line, entry: Entry) {
  switch (entry.state) {
    case "joining":
      return takePlace(line, entry);
    case "granting":
      return settled(entry, await line.grant(entry), line.now());
    case "granted":
      return (await ended(line, entry)) ?? (await tell(line, entry));
    default:
      return null;
  }
}

async function takePlace(line: Line, entry: Entry) {
  const behind = { $gt: entry.place!, $lt: keysOf(entry.item).$lt };
  const [told] = await line.find({ place: behind, state: { $in: ANSWERED } }, { limit: 1 });
  if (told) return furtherBack(entry, await endOf(line, entry.item));
  return (await line.recall(entry)) ? left(entry, line.now()) : waiting(entry, line.now());
}

/** Behind everybody who stands there, whatever the clocks of two replicas say. */
async function endOf(line: Line, item: string): Promise<number> {
  const [last] = await line.find({ place: keysOf(item) }, { sort: "-place", limit: 1 });
  return last ? Math.max(line.now(), placedAt(last) + 1) : line.now();
}

const ended = async (line: Line, entry: Entry) => settled(entry, await line.look(entry.order!), line.now());

async function tell(line: Line, entry: Entry) {
  if (!entry.told) await line.tell(entry);
  return told(entry);
}

/** An entry as it is now: whoever is joining has joined, and what was granted may be over. */
async function present(line: Line, id: string): Promise<Entry | null> {
  for (;;) {
    const entry = await line.entries.get(id);
    if (entry?.state === "joining") await carryOn(line, entry);
    else {
      const change = entry?.state === "granted" ? await ended(line, entry) : null;
      if (!change) return entry;
      await line.entries.write(entry!, change);
    }
  }
}

/**
 * Stands somebody at the end of the line, unless they are in it. What became of it: `left` when a copy is on sale.
 * `isNew`: this very call made the entry stand there.
 */
export async function join(line: Line, joiner: Joiner): Promise<{ entry: Entry; isNew: boolean }> {
  const { item, buyer } = joiner;
  const known = await present(line, entryId(item, buyer));
  if (known && isLive(known)) return { entry: known, isNew: false };
  const [at, now] = [await endOf(line, item), line.now()];
  const isNew = known
    ? (await line.entries.write(known, rejoined(known, joiner, at, now)!)) !== null
    : await line.entries.insert(newEntry(joiner, at, now));
  return { entry: (await present(line, entryId(item, buyer)))!, isNew };
}

/** Takes an entry out of the line. Who is just being granted a copy has it, or waits again, before that is decided. */
export async function leave(line: Line, id: string): Promise<void> {
  for (let entry = await line.entries.get(id); entry && stands(entry); entry = await line.entries.get(id)) {
    const change = left(entry, line.now());
    if (change) await line.entries.write(entry, change);
    else await carryOn(line, entry);
  }
}
