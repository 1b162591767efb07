import { keysOf, type Store, type Versioned } from "../../core/store.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import {
  codeSlots,
  slotsOf,
  type CodeCaps,
  type Refusal,
  type ReservationLine,
  type SoldUnit,
  type Verdict,
} from "./inventory.contract.ts";
import { giveBack, grant, hold, retire, sell, type Guarded, type Unit } from "./unit.machine.ts";
import { claimUse, codeClaims, isOwner, type Look, type Use } from "./uses.ts";

/** Written before the first claim, so that whoever finds a held unit can tell whether it has an owner. */
export interface Reservation extends Versioned {
  /** The order's id. */
  _id: string;
  buyer: string;
  until: number;
  lines: ReservationLine[];
  /** The discount code that it uses. */
  code?: CodeCaps;
  /** For somebody who waited: it takes copies that are on their way back, and none that is free. */
  granted?: true;
  state: "open" | "held" | "refused" | "released";
  refusal?: Refusal;
  /** Refused or released, and every unit is confirmed given back. */
  clear?: true;
  /** When it came to each of its states, for people to read: nothing is decided by it. */
  history?: { at: number; state: string }[];
}

/** What the flows need of the world. */
export interface StockRoom {
  reservations: Store<Reservation>;
  units: Pick<Collection<Unit>, "find" | "findOne" | "claim">;
  uses: {
    look(query: { thing: string; cap: number; slot: string }): Promise<Look>;
    /** False when its place or its slot is taken. */
    insert(use: Use): Promise<boolean>;
    remove(query: { slot: string }): Promise<number>;
  };
  isDuplicate(error: unknown): boolean;
  /** Ids of units that were free a moment ago; the conditional write judges. */
  hints: { take(item: string): Promise<string | undefined>; put(item: string, unit: string): void };
  /** `ours`: how many copies of the item the order itself holds just now, and gives back. */
  soldOut(item: string, ours: number): Promise<Refusal>;
  /** A copy is on its way back: it is passed on by whoever comes first, the sweeper at the latest. */
  returned(unit: Unit): void;
  /** Carries the head of the item's line on; false when nobody waits. */
  serve(item: string): Promise<boolean>;
  now(): number;
}

export interface ReserveCommand {
  order: string;
  buyer: string;
  until: number;
  lines: ReservationLine[];
  code?: CodeCaps | undefined;
  granted?: boolean | undefined;
}

const stocked = (line: ReservationLine) => line.kind !== "unlimited";
const isOpen = ({ state }: Reservation) => state === "open";
const verdictOf = ({ state, refusal }: Reservation): Verdict =>
  state === "refused" ? { state, refusal: refusal! } : { state: state === "held" ? "held" : "released" };

/** Holds every line or nothing. Any number of drivers may run it for one order, here or on other replicas. */
export async function reserve(room: StockRoom, { order, code, granted, ...asked }: ReserveCommand): Promise<Verdict> {
  const { reservations } = room;
  const options = { ...(code && { code }), ...(granted && { granted }) };
  await reservations.insert({ _id: order, ...asked, ...options, state: "open" });
  let reservation = (await reservations.get(order))!;
  if (!isOpen(reservation)) return verdictOf(reservation);

  for (const claim of claimsOf(room, reservation)) {
    const refusal = await claim();
    // R5: somebody may have closed the reservation while we claimed; then the claim is ours to undo.
    reservation = (await reservations.get(order))!;
    if (!isOpen(reservation)) {
      if (!isOwner(reservation)) await freeSlots(room, reservation);
      return verdictOf(reservation);
    }
    if (refusal) return conclude(room, reservation, { state: "refused", refusal });
  }
  return conclude(room, reservation, { state: "held" });
}

/** All that it needs, a claim each. In item order, so that two orders over the same items never wait for each other in a circle of refusals. */
function claimsOf(room: StockRoom, reservation: Reservation): (() => Promise<Refusal | null>)[] {
  const inOrder = reservation.lines.toSorted((a, b) => (a.item < b.item ? -1 : 1));
  const copies = inOrder.flatMap((line) =>
    slotsOf(reservation._id, line).map((slot) => () => claimSlot(room, reservation, line, slot)),
  );
  return [...codeClaims(room, reservation), ...copies];
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
  if (line.perBuyer !== null && !(await claimUse(room, `${line.item}:${reservation.buyer}`, line.perBuyer, slot)))
    return { type: "LIMIT_REACHED", data: { itemId: line.item, limit: line.perBuyer } };
  if (!stocked(line) || (await room.units.findOne({ slot }))) return null;
  for (;;) {
    const copy = await copyFor(room, reservation, line.item, slot);
    if (!copy) {
      // The last copy may have gone to this very slot: another driver of this order was faster.
      if (await room.units.findOne({ slot })) return null;
      return room.soldOut(line.item, slotsOf(reservation._id, line).indexOf(slot));
    }
    try {
      if (await room.units.claim(copy.query, copy.update)) return null;
    } catch (error) {
      if (!reservation.granted) room.hints.put(line.item, String(copy.query["_id"]));
      // The slot is taken: another driver of this order was faster, and it holds this place already.
      if (room.isDuplicate(error) || (await room.units.findOne({ slot }))) return null;
      throw error;
    }
  }
}

/** The claim of a copy that could be had a moment ago; undefined when there was none. */
async function copyFor(
  room: StockRoom,
  { _id, until, granted }: Reservation,
  item: string,
  slot: string,
): Promise<Guarded | undefined> {
  if (granted) {
    const [unit] = await room.units.find({ returning: keysOf(item) }, { limit: 1 });
    return unit && grant(unit, slot, _id, until);
  }
  const id = await room.hints.take(item);
  return id === undefined ? undefined : hold(id, item, slot, _id, until);
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

async function freeSlots(room: StockRoom, { _id, lines, code }: Reservation): Promise<void> {
  if (code) for (const slot of codeSlots(_id)) await room.uses.remove({ slot });
  for (const line of lines) for (const slot of slotsOf(_id, line)) await freeSlot(room, slot);
}

/** R5: a unit found held for a reservation that is not open or held is freed again. */
export async function reclaim(room: StockRoom, unit: Unit): Promise<void> {
  const reservation = await room.reservations.get(unit.order!);
  if (!reservation || !isOwner(reservation)) await freeSlot(room, unit.slot!);
}

async function freeSlot(room: StockRoom, slot: string): Promise<void> {
  const back = await change(room, slot, (unit) => giveBack(unit, slot, room.now()));
  if (back?.state === "returning") room.returned(back);
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
