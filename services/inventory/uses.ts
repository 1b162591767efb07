import { codeSlots, type Refusal } from "./inventory.contract.ts";
import type { Reservation, StockRoom } from "./reservation.ts";

/**
 * One use of a capped thing. Its `_id` is a place, "<thing>:<n>" with n below the cap, so no more than that fit in:
 * a unit too. A slot has one place at most, however often it is claimed.
 */
export interface Use {
  _id: string;
  slot: string;
}

/** What a thing has for a slot: a place already, one that was vacant a moment ago, or none; then some that took them. */
export type Look = { found: "own" } | { found: "vacant"; place: string } | { found: "full"; some: Use[] };

/** What counts the uses of a code: each order that holds it or bought with it. */
export const codeThing = (seller: string, code: string): string => `code:${seller}:${code}`;
/** What counts a buyer's uses of it. */
export const codeBuyerThing = (seller: string, code: string, buyer: string): string =>
  `code-buyer:${seller}:${code}:${buyer}`;

/** Whether what was claimed for a reservation may be kept. */
export const isOwner = ({ state }: Reservation): boolean => state === "open" || state === "held";

/** Claims what the order uses of its discount code, one thing a step; whoever has no use left takes none of the code's. */
export function codeClaims(
  room: StockRoom,
  { _id, buyer, code: given }: Reservation,
): (() => Promise<Refusal | null>)[] {
  if (!given) return [];
  const { seller, code, cap, perBuyer } = given;
  const [slot, buyerSlot] = codeSlots(_id);
  const refusal = (limit: "code" | "buyer"): Refusal => ({ type: "CODE_USED_UP", data: { code, limit } });
  return [
    async () =>
      perBuyer === null || (await claimUse(room, codeBuyerThing(seller, code, buyer), perBuyer, buyerSlot))
        ? null
        : refusal("buyer"),
    async () => ((await claimUse(room, codeThing(seller, code), cap, slot)) ? null : refusal("code")),
  ];
}

/** False when all places are taken. Without a cap there is a place for everybody. */
export async function claimUse(room: StockRoom, thing: string, cap: number | null, slot: string): Promise<boolean> {
  const { uses } = room;
  if (cap === null) {
    await uses.insert({ _id: `${thing}:${slot}`, slot });
    return true;
  }
  for (;;) {
    const look = await uses.look({ thing, cap, slot });
    if (look.found === "own") return true;
    if (look.found === "full") {
      if (!(await reclaimUses(room, look.some))) return false;
      // Whoever was faster at this place is seen by the next look.
    } else if (await uses.insert({ _id: look.place, slot })) return true;
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
