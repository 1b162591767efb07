import { keysOf } from "../../core/store.ts";
import type { StockRoom } from "./reservation.ts";
import { nextTurn, shelve, type Unit } from "./unit.machine.ts";

/** How many copies of an item are passed on in one go. */
const BATCH = 100;

/**
 * Passes copies on that came back: each is held for somebody who waits, or is on sale again. Any number may run for one
 * item, at once and again. A copy is shelved under the turn that it had before nobody was found waiting, so that
 * whoever joins after that look, and before the write, is not passed by. Whoever has just given copies back passes them as `known`.
 */
export async function passOn(room: StockRoom, item: string, known?: Unit[]): Promise<void> {
  for (let first = known; ; first = undefined) {
    const units = first ?? (await room.units.find({ returning: keysOf(item) }, { limit: BATCH }));
    if (!units.length) return;
    if (await room.serve(item)) continue;
    const shelved = await Promise.all(units.map((unit) => putBack(room, unit)));
    // What is put last is taken first.
    for (const { _id } of shelved.filter((unit) => unit !== null).toSorted((a, b) => (a.free! < b.free! ? 1 : -1)))
      room.hints.put(item, _id);
    if (units.length < BATCH && shelved.every(Boolean)) return;
  }
}

function putBack(room: StockRoom, unit: Unit): Promise<Unit | null> {
  const { query, update } = shelve(unit);
  return room.units.claim(query, update);
}

/**
 * Somebody has joined the line of the item, and says so under a name of their own: from now on nobody who saw the line
 * without them shelves a copy. Says whether one was shelved before that.
 */
export async function recall(room: StockRoom, item: string, caller: string): Promise<boolean> {
  for (;;) {
    const units = await room.units.find({ returning: keysOf(item) });
    const turned = await Promise.all(
      units.map(async (unit) => {
        // Who read it in a turn of theirs sees them in the line.
        if (unit.caller === caller) return true;
        const { query, update } = nextTurn(unit, caller);
        return room.units.claim(query, update);
      }),
    );
    // Who is gone from there by now may be on sale, and not readable as such yet on a replica.
    if (turned.every(Boolean)) break;
  }
  return (await room.units.find({ free: keysOf(item) }, { limit: 1 })).length > 0;
}

interface Host {
  passOn(item: string, units: Unit[]): Promise<void>;
  warn(...words: unknown[]): void;
}

/** Copies that this process has to pass on: those of one item together, one round after the other. */
export class Returns {
  readonly #host: Host;
  readonly #back = new Map<string, Unit[]>();
  readonly #rounds = new Map<string, Promise<void>>();

  constructor(host: Host) {
    this.#host = host;
  }

  add(unit: Unit): void {
    this.#back.set(unit.item, [...(this.#back.get(unit.item) ?? []), unit]);
  }

  /** Resolves when those of the item that were added by now were passed on. What fails is left to the sweeper. */
  async settle(item: string): Promise<void> {
    // What was added since a round began is in the next one, which begins when that one ends.
    await this.#rounds.get(item);
    await (this.#rounds.get(item) ?? this.#begin(item));
  }

  #begin(item: string): Promise<void> | undefined {
    const units = this.#back.get(item);
    if (!units) return undefined;
    this.#back.delete(item);
    const round = this.#host
      .passOn(item, units)
      .catch((error: unknown) => this.#host.warn(`Copies of ${item} are left to the sweeper`, error))
      .finally(() => {
        this.#rounds.delete(item);
        void this.#begin(item);
      });
    this.#rounds.set(item, round);
    return round;
  }
}
