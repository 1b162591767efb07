import type { Store, Versioned } from "../../core/store.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { slotsOf, type Refusal, type ReservationLine, type SoldUnit, type Verdict } from "./inventory.contract.ts";
import { free, hold, retire, sell, type Guarded, type Unit } from "./unit.machine.ts";

/** Written before the first claim, so that whoever finds a held unit can tell whether it has an owner. */
export interface Reservation extends Versioned {
  /** The order's id. */
  _id: string;
  buyer: string;
  until: number;
  lines: ReservationLine[];
  state: "open" | "held" | "refused" | "released";
  refusal?: Refusal;
  /** Refused or released, and every unit is confirmed free. */
  clear?: true;
  /** When it came to each of its states, for people to read: nothing is decided by it. */
  history?: { at: number; state: string }[];
}

/** One use of a capped thing, `_id` "<item>:<buyer>:<n>" with n below the cap: a unit too. */
export interface Use {
  _id: string;
  slot: string;
}

/** What the flows need of the world. */
export interface StockRoom {
  reservations: Store<Reservation>;
  units: Pick<Collection<Unit>, "findOne" | "claim">;
  uses: {
    /** All whose id begins so. */
    find(query: { prefix: string }): Promise<Use[]>;
    /** False when its id or its slot is taken. */
    insert(use: Use): Promise<boolean>;
    remove(query: { slot: string }): Promise<number>;
  };
  isDuplicate(error: unknown): boolean;
  /** Ids of units that were free a moment ago; the conditional write judges. */
  hints: { take(item: string): Promise<string | undefined>; put(item: string, unit: string): void };
  /** `ours`: how many copies of the item the order itself holds just now, and gives back. */
  soldOut(item: string, ours: number): Promise<Refusal>;
}

export interface ReserveCommand {
  order: string;
  buyer: string;
  until: number;
  lines: ReservationLine[];
}

const stocked = (line: ReservationLine) => line.kind !== "unlimited";
const isOpen = ({ state }: Reservation) => state === "open";
const isOwner = ({ state }: Reservation) => state === "open" || state === "held";
const verdictOf = ({ state, refusal }: Reservation): Verdict =>
  state === "refused" ? { state, refusal: refusal! } : { state: state === "held" ? "held" : "released" };

/** Holds every line or nothing. Any number of drivers may run it for one order, here or on other replicas. */
export async function reserve(room: StockRoom, { order, buyer, until, lines }: ReserveCommand): Promise<Verdict> {
  const { reservations } = room;
  await reservations.insert({ _id: order, buyer, until, lines, state: "open" });
  let reservation = (await reservations.get(order))!;
  if (!isOpen(reservation)) return verdictOf(reservation);

  // In item order, so that two orders over the same items never wait for each other in a circle of refusals.
  const inOrder = reservation.lines.toSorted((a, b) => (a.item < b.item ? -1 : 1));
  for (const line of inOrder) {
    for (const slot of slotsOf(order, line)) {
      const refusal = await claimSlot(room, reservation, line, slot);
      // R5: somebody may have closed the reservation while we claimed; then the claim is ours to undo.
      reservation = (await reservations.get(order))!;
      if (!isOpen(reservation)) {
        if (!isOwner(reservation)) await freeSlots(room, reservation);
        return verdictOf(reservation);
      }
      if (refusal) return conclude(room, reservation, { state: "refused", refusal });
    }
  }
  return conclude(room, reservation, { state: "held" });
}

/**
 * Ends an open reservation, or finds out how it ended. Whoever was faster may not be readable yet on a replica, so
 * an open one is written to again until it is not.
 */
async function conclude(room: StockRoom, reservation: Reservation, set: Partial<Reservation>): Promise<Verdict> {
  const { reservations } = room;
  let ended = reservation;
  while (isOpen(ended)) ended = (await reservations.write(ended, { set })) ?? (await reservations.get(ended._id))!;
  if (!isOwner(ended)) await clear(room, ended);
  return verdictOf(ended);
}

async function claimSlot(
  room: StockRoom,
  reservation: Reservation,
  line: ReservationLine,
  slot: string,
): Promise<Refusal | null> {
  if (line.perBuyer !== null && !(await claimUse(room, reservation.buyer, line.item, line.perBuyer, slot)))
    return { type: "LIMIT_REACHED", data: { itemId: line.item, limit: line.perBuyer } };
  if (!stocked(line) || (await room.units.findOne({ slot }))) return null;
  for (;;) {
    const id = await room.hints.take(line.item);
    if (id === undefined) {
      // The last copy may have gone to this very slot: another driver of this order was faster.
      if (await room.units.findOne({ slot })) return null;
      return room.soldOut(line.item, slotsOf(reservation._id, line).indexOf(slot));
    }
    const { query, update } = hold(id, line.item, slot, reservation._id, reservation.until);
    try {
      if (await room.units.claim(query, update)) return null;
    } catch (error) {
      room.hints.put(line.item, id);
      // The slot is taken: another driver of this order was faster, and it holds this place already.
      if (room.isDuplicate(error) || (await room.units.findOne({ slot }))) return null;
      throw error;
    }
  }
}

async function claimUse(room: StockRoom, buyer: string, item: string, limit: number, slot: string): Promise<boolean> {
  const { uses } = room;
  const places = Array.from({ length: limit }, (_, n) => `${item}:${buyer}:${n}`);
  for (;;) {
    const known = await uses.find({ prefix: `${item}:${buyer}:` });
    if (known.some((use) => use.slot === slot)) return true;
    const place = places.find((one) => !known.some(({ _id }) => _id === one));
    if (place === undefined) {
      if (!(await reclaimUses(room, known))) return false;
      // Whoever was faster at this place is seen by the next look.
    } else if (await uses.insert({ _id: place, slot })) return true;
  }
}

/**
 * R5 for uses: a claim that came late and was cut off leaves one behind, which is freed when its room is needed. Says
 * whether one of these had no owner; somebody else may have freed it first.
 */
async function reclaimUses({ reservations, uses }: StockRoom, known: Use[]): Promise<boolean> {
  let found = false;
  for (const { slot } of known) {
    const reservation = await reservations.get(slot.slice(0, slot.indexOf(":")));
    if (reservation && isOwner(reservation)) continue;
    await uses.remove({ slot });
    found = true;
  }
  return found;
}

/** Frees what the order holds, for good: a reserve that is still on its way finds the reservation released. */
export async function release(room: StockRoom, order: string): Promise<void> {
  const { reservations } = room;
  for (;;) {
    const reservation = await reservations.get(order);
    if (!reservation) {
      const tombstone = { _id: order, buyer: "", until: 0, lines: [], state: "released", clear: true } as const;
      if (await reservations.insert({ ...tombstone, lines: [] })) return;
    } else if (!isOwner(reservation)) {
      return clear(room, reservation);
    } else {
      await reservations.write(reservation, { set: { state: "released" } });
    }
  }
}

/** R5: frees every slot of a reservation that is no owner any more. The sweeper repeats it until it is done. */
async function clear(room: StockRoom, reservation: Reservation): Promise<void> {
  await freeSlots(room, reservation);
  if (!reservation.clear) await room.reservations.write(reservation, { set: { clear: true } });
}

async function freeSlots(room: StockRoom, { _id, lines }: Reservation): Promise<void> {
  for (const line of lines) for (const slot of slotsOf(_id, line)) await freeSlot(room, slot);
}

/** R5: a unit found held for a reservation that is not open or held is freed again. */
export async function reclaim(room: StockRoom, unit: Unit): Promise<void> {
  const reservation = await room.reservations.get(unit.order!);
  if (!reservation || !isOwner(reservation)) await freeSlot(room, unit.slot!);
}

async function freeSlot(room: StockRoom, slot: string): Promise<void> {
  const freed = await change(room, slot, free);
  if (freed?.state === "free") room.hints.put(freed.item, freed._id);
  await room.uses.remove({ slot });
}

/** held → sold for every slot; `lost` when a slot has no unit any more, which R4 makes impossible. */
export async function sellOrder(
  room: StockRoom,
  order: string,
): Promise<{ state: "sold" | "lost"; units: SoldUnit[] }> {
  const reservation = await room.reservations.get(order);
  const units: SoldUnit[] = [];
  let state: "sold" | "lost" = reservation ? "sold" : "lost";
  for (const line of reservation?.lines.filter(stocked) ?? []) {
    for (const slot of slotsOf(order, line)) {
      const unit = await change(room, slot, sell);
      if (unit?.state === "sold") units.push({ slot, item: unit.item, serial: unit.serial });
      else state = "lost";
    }
  }
  return { state, units };
}

/** After a refund: the copies are retired, and with the reservation the uses are given back to the buyer's limit. */
export async function retireOrder(room: StockRoom, order: string): Promise<void> {
  const reservation = await room.reservations.get(order);
  for (const line of reservation?.lines ?? [])
    for (const slot of slotsOf(order, line)) await change(room, slot, retire);
  await release(room, order);
}

/** One guarded write on the unit in a slot; the unit as it then is, changed by us or by somebody faster. */
async function change(room: StockRoom, slot: string, to: (unit: Unit, slot: string) => Guarded): Promise<Unit | null> {
  const unit = await room.units.findOne({ slot });
  if (!unit) return null;
  const { query, update } = to(unit, slot);
  return (await room.units.claim(query, update)) ?? room.units.findOne({ slot });
}
