import { createHash } from "node:crypto";
import { orderedKey, type Change, type Versioned } from "../../core/store.ts";
import type { GrantedOrder } from "../orders/orders.contract.ts";
import type { Lang, Person } from "../schemas.ts";

/**
 * Somebody who waits for a copy of an item: one document for the two, however often they join.
 *
 *     joining ──→ waiting ──→ granting ──held──→ granted ──→ done | lapsed
 *        │           │  ↑        │  │
 *        └──→ left ←─┘  └no copy─┘  └ may have none ─→ passed
 *
 * Who is joining, waiting or being granted stands in the line. What is over may join again, at the end.
 */
export interface Entry extends Versioned {
  /** "<item>:<buyer>". */
  _id: string;
  item: string;
  /** A user's id, or a keyed hash of a guest's e-mail. */
  buyer: string;
  /** Whose order it will be; forgotten once there is one, or none any more. */
  user: Person | null;
  email: string | null;
  /** The language that they joined in, if they said one. */
  lang?: Lang;
  state: "joining" | "waiting" | "granting" | "granted" | "done" | "lapsed" | "passed" | "left";
  /** Only who stands in the line has it: "<item>:<at>:<buyer>", in the order of joining. */
  place?: string;
  /** Counts joinings and what was tried to grant: each has an order of its own. */
  attempt: number;
  /** The guest's key to this place is the token of the order that it becomes, if the first try succeeds. */
  ticket: string;
  /** From `granting` on. */
  order?: string;
  /** From `granted` on, ms. */
  expiresAt?: number;
  /** Only while a copy is held: "<buyer>:<expiresAt>:<item>". */
  heldFor?: string;
  /** The letter about it is certain to be sent. */
  told?: true;
  /** When it came to its latest states, for people to read: nothing is decided by it. */
  history: { at: number; state: Entry["state"] }[];
}

/** The fields of the stored document, complete by type. */
export const ENTRY_FIELDS: { [K in keyof Required<Entry>]: true } = {
  _id: true,
  v: true,
  outbox: true,
  due: true,
  item: true,
  buyer: true,
  user: true,
  email: true,
  lang: true,
  state: true,
  place: true,
  attempt: true,
  ticket: true,
  order: true,
  expiresAt: true,
  heldFor: true,
  told: true,
  history: true,
};

type Decision = Change<Entry> | null;

/** How much of its history an entry keeps. */
const REMEMBERED = 20;

export const entryId = (item: string, buyer: string): string => `${item}:${buyer}`;
/** Who was told their place in the line. */
export const ANSWERED: Entry["state"][] = ["waiting", "granting"];
export const stands = ({ state }: Entry): boolean => state === "joining" || ANSWERED.includes(state);
/** Whether joining again changes nothing. */
export const isLive = (entry: Entry): boolean => stands(entry) || entry.state === "granted";

/** The order that a try to grant makes: every driver comes to the same. */
const orderOf = (entry: Pick<Entry, "_id" | "attempt">): string =>
  createHash("sha256").update(`waitlist\n${entry._id}\n${entry.attempt}`).digest("hex").slice(0, 32);

/** When somebody who stands in the line is placed: their time of joining, or just after the one before them. */
export const placedAt = ({ place }: Entry): number => Number(place!.split(":")[1]);

/** Who asks to wait. */
export type Joiner = Pick<Entry, "item" | "buyer" | "user" | "email" | "lang">;

/** An entry of somebody who never waited for the item. `at`: behind everybody who stands in the line. */
export function newEntry(joiner: Joiner, at: number, now: number): Omit<Entry, "v" | "outbox" | "due"> {
  const _id = entryId(joiner.item, joiner.buyer);
  const place = orderedKey(joiner.item, at, joiner.buyer);
  const ticket = orderOf({ _id, attempt: 1 });
  return { _id, ...joiner, state: "joining", place, attempt: 1, ticket, history: [{ at: now, state: "joining" }] };
}

const move = (
  entry: Entry,
  state: Entry["state"],
  at: number,
  { set, unset }: Pick<Change<Entry>, "unset"> & Partial<Change<Entry>> = {},
): Change<Entry> => ({
  set: { ...set, state, history: [...entry.history.slice(1 - REMEMBERED), { at, state }] },
  ...(unset && { unset }),
});

/** Out of the line; whoever it was is not needed any more. */
const end = (entry: Entry, state: "done" | "lapsed" | "passed" | "left", at: number): Change<Entry> =>
  move(entry, state, at, { set: { user: null, email: null }, unset: ["place", "heldFor"] });

export function rejoined(entry: Entry, joiner: Joiner, at: number, now: number): Decision {
  if (isLive(entry)) return null;
  const attempt = entry.attempt + 1;
  const place = orderedKey(joiner.item, at, joiner.buyer);
  const ticket = orderOf({ _id: entry._id, attempt });
  return move(entry, "joining", now, {
    set: { ...joiner, place, attempt, ticket },
    unset: ["order", "expiresAt", "heldFor", "told"],
  });
}

/** Somebody behind was answered before it stood there: whoever was told a place keeps it. */
export const furtherBack = (entry: Entry, at: number): Decision =>
  entry.state === "joining" ? { set: { place: orderedKey(entry.item, at, entry.buyer) } } : null;

/** Whoever saw the line without this entry cannot put a copy on sale any more. */
export const waiting = (entry: Entry, at: number): Decision =>
  entry.state === "joining" ? move(entry, "waiting", at) : null;

export const left = (entry: Entry, at: number): Decision =>
  entry.state === "joining" || entry.state === "waiting" ? end(entry, "left", at) : null;

/** Their turn. It stays in the line until it has a copy, so that nobody puts that one on sale. */
export const granting = (entry: Entry, at: number): Decision =>
  entry.state === "waiting" ? move(entry, "granting", at, { set: { order: orderOf(entry) } }) : null;

/** What became of the order that a grant made; nothing while it is not decided. */
export function settled(entry: Entry, order: GrantedOrder, at: number): Decision {
  if (entry.state !== "granting" && entry.state !== "granted") return null;
  switch (order.state) {
    case "reserving":
    case "closing":
      return null;
    case "reserved":
      return entry.state === "granted" ? null : granted(entry, order.expiresAt, at);
    case "rejected":
      return order.refusal === "SOLD_OUT" ? again(entry, at) : end(entry, "passed", at);
    case "expired":
      // It may have lapsed while the shop was down, before anybody was told: then it was no chance.
      return entry.state === "granted" ? end(entry, "lapsed", at) : again(entry, at);
    case "cancelled":
      return end(entry, "lapsed", at);
    default:
      return end(entry, "done", at);
  }
}

const granted = (entry: Entry, expiresAt: number, at: number): Change<Entry> =>
  move(entry, "granted", at, {
    set: { expiresAt, heldFor: orderedKey(entry.buyer, expiresAt, entry.item), user: null, email: null },
    unset: ["place"],
  });

/** Another driver's try took the copy: back to waiting, at the same place, for an order of another id. */
const again = (entry: Entry, at: number): Change<Entry> =>
  move(entry, "waiting", at, { set: { attempt: entry.attempt + 1 }, unset: ["order"] });

export const told = (entry: Entry): Decision =>
  entry.state === "granted" && !entry.told ? { set: { told: true } } : null;

/** The end of everybody's waiting for what is not for sale any more. Who is being granted is passed over by that. */
export const closedTo = (entry: Entry, at: number): Decision =>
  entry.state === "joining" || entry.state === "waiting" ? end(entry, "passed", at) : null;

/** How long after its deadline a granted order is looked at, ms. */
const GRACE = 5000;
/** When something that should have taken a moment is driven on, ms. */
const SOON = 3000;

/** When the sweeper drives an entry on if nobody else does, ms; null at rest. */
export function entryDue({ state, told: isTold, expiresAt }: Entry, now: number): number | null {
  if (state === "joining" || state === "granting" || (state === "granted" && !isTold)) return now + SOON;
  return state === "granted" ? Math.max(expiresAt!, now) + GRACE : null;
}
