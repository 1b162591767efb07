import { orderedKey } from "../../core/store.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import type { Kind, Person } from "../schemas.ts";
import type { Grant } from "./delivery.contract.ts";

/** What a buyer owns, one document a slot. */
export interface Entitlement {
  /** The slot "<order>:<line>:<n>". */
  _id: string;
  order: string;
  user: string | null;
  item: string;
  title: string;
  kind: Kind;
  seller: Person;
  serial: number | null;
  state: "active" | "revoked";
  at: number;
  revokedAt?: number;
  /** "<user>:<at>:<_id>", unique: a user's library in order. Guests' goods are found by order. */
  ownedBy?: string;
}

type Entitlements = Pick<Collection<Entitlement>, "get" | "insert" | "claim">;

const entitlement = (
  order: string,
  user: string | null,
  { slot, ...what }: Grant,
  state: Entitlement["state"],
  at: number,
): Entitlement => ({
  _id: slot,
  order,
  user,
  ...what,
  state,
  at,
  ...(state === "revoked" && { revokedAt: at }),
  ...(user && { ownedBy: orderedKey(user, at, slot) }),
});

/** Inserts; what is there already stays as it is, so a revoked slot is never granted again. The slots that are active. */
export async function grant(
  entitlements: Entitlements,
  order: string,
  user: string | null,
  grants: Grant[],
  at: number,
): Promise<string[]> {
  const granted: string[] = [];
  for (const one of grants) {
    const inserted = await entitlements.insert(entitlement(order, user, one, "active", at));
    if (inserted || (await entitlements.get(one.slot))?.state === "active") granted.push(one.slot);
  }
  return granted;
}

/** Inserts as revoked, or marks revoked: a grant that is still on its way finds the slot taken. */
export async function revoke(
  entitlements: Entitlements,
  order: string,
  user: string | null,
  grants: Grant[],
  at: number,
): Promise<void> {
  for (const one of grants) {
    if (await entitlements.insert(entitlement(order, user, one, "revoked", at))) continue;
    await entitlements.claim({ state: "active", _id: one.slot }, { $set: { state: "revoked", revokedAt: at } });
  }
}
