import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import type { Change } from "../../core/store.ts";
import type { Reservation } from "./reservation.ts";
import type { Unit } from "./unit.machine.ts";
import type { Look, Use } from "./uses.ts";

/** What `changes` reads out. */
export type { Reservation } from "./reservation.ts";
export type { Unit } from "./unit.machine.ts";
export type { Use } from "./uses.ts";
import { Changes, Id, Kind, Millis, Nothing, Nullable, Stock, Stored, Strings, Sweep } from "../schemas.ts";

/** The places in an order, one a copy: "<order>:<line>:<n>", n from 0. */
export const slotsOf = (order: string, { id, quantity }: { id: string; quantity: number }): string[] =>
  Array.from({ length: quantity }, (_, n) => `${order}:${id}:${n}`);

/** The places of an order among the uses of its discount code: of the code's own, and of its buyer's. */
export const codeSlots = (order: string): [code: string, buyer: string] => [`${order}:code:0`, `${order}:code-buyer:0`];

/** A seller's discount code and how often it may be used, by all and by one buyer; null: as often as they like. */
export const CodeCaps = Type.Object({
  seller: Id,
  code: Type.String(),
  cap: Nullable(Type.Integer({ minimum: 1 })),
  perBuyer: Nullable(Type.Integer({ minimum: 1 })),
});
export type CodeCaps = Static<typeof CodeCaps>;

/** A line of a reservation: `quantity` copies of `item`. */
export const ReservationLine = Type.Object({
  id: Id,
  item: Id,
  kind: Kind,
  quantity: Type.Integer({ minimum: 1, maximum: 20 }),
  /** How many copies of the item one buyer may hold or own; null: as many as they like. */
  perBuyer: Nullable(Type.Integer({ minimum: 1 })),
});
export type ReservationLine = Static<typeof ReservationLine>;

/** Why nothing was held: the first line that failed, with the words of the HTTP contract. */
export const Refusal = Type.Union([
  Type.Object({
    type: Type.Literal("SOLD_OUT"),
    data: Type.Object({ itemId: Id, available: Type.Integer(), held: Type.Integer(), nextAt: Nullable(Type.String()) }),
  }),
  Type.Object({ type: Type.Literal("LIMIT_REACHED"), data: Type.Object({ itemId: Id, limit: Type.Integer() }) }),
  Type.Object({
    type: Type.Literal("CODE_USED_UP"),
    data: Type.Object({ code: Type.String(), limit: Strings(["code", "buyer"] as const) }),
  }),
]);
export type Refusal = Static<typeof Refusal>;

export const Verdict = Type.Union([
  Type.Object({ state: Type.Literal("held") }),
  Type.Object({ state: Type.Literal("refused"), refusal: Refusal }),
  Type.Object({ state: Type.Literal("released") }),
]);
export type Verdict = Static<typeof Verdict>;

/** One copy that was sold; `serial` is null for a licence key. */
export const SoldUnit = Type.Object({ slot: Type.String(), item: Id, serial: Nullable(Type.Integer()) });
export type SoldUnit = Static<typeof SoldUnit>;

/** One held copy. `buyer` is a user's id or a keyed hash of a guest's e-mail. */
export const Hold = Type.Object({
  unit: Type.String(),
  item: Id,
  serial: Nullable(Type.Integer()),
  order: Id,
  buyer: Type.String(),
  until: Millis,
});
export type Hold = Static<typeof Hold>;

const UnitState = Strings(["free", "held", "returning", "sold", "retired"] as const);
const CodesUsed = {
  params: Type.Object({ seller: Id, codes: Type.Array(Type.String()), buyer: Type.Optional(Type.String()) }),
  returns: Type.Array(Type.Object({ used: Type.Integer(), byBuyer: Type.Integer() })),
  idempotent: true,
} as const;
const ForOrder = Type.Object({ order: Id });

export const inventory = contract({
  name: "inventory",
  actions: {
    /** Holds every line or nothing; repeated, it gives the same verdict. `buyer` is a user's id or a keyed hash of a guest's e-mail. */
    reserve: {
      params: Type.Object({
        order: Id,
        buyer: Type.String(),
        until: Millis,
        lines: Type.Array(ReservationLine),
        code: Type.Optional(CodeCaps),
        granted: Type.Optional(
          Type.Boolean({ description: "For somebody who waited: of copies that came back, and are not free" }),
        ),
      }),
      returns: Verdict,
      idempotent: true,
    },
    /**
     * Gives back what the order holds; an order never seen is released for good as well. Answers when no unit is held
     * for it any more: each is then for whoever waits, or free, at once where that can be.
     */
    release: { params: ForOrder, returns: Nothing, idempotent: true },
    /** held → sold for every slot of the order. `lost` (P1's net) when a slot has no unit. */
    sell: {
      params: ForOrder,
      returns: Type.Union([
        Type.Object({ state: Type.Literal("sold"), units: Type.Array(SoldUnit) }),
        Type.Object({ state: Type.Literal("lost"), units: Type.Array(SoldUnit) }),
      ]),
      idempotent: true,
    },
    /** After a refund: sold (or held) → retired, and the uses of per-buyer limits and of its code are given back. */
    retire: { params: ForOrder, returns: Nothing, idempotent: true },
    /** Brings an item to `total` copies that are not retired: adds serials, or retires free units. `total` in the reply is what it came to. */
    provision: {
      params: Type.Object({ item: Id, total: Type.Integer({ minimum: 0 }) }),
      returns: Stock,
      idempotent: true,
    },
    /** Somebody joined the item's line: who saw it without them puts no copy on sale any more. `available`: one is on sale already. */
    recall: {
      params: Type.Object({ item: Id, caller: Type.String({ description: "A name of that joining alone" }) }),
      returns: Type.Object({ available: Type.Boolean() }),
      idempotent: true,
    },
    /** Licence keys become units; the serial is an HMAC of item and key. */
    addKeys: {
      params: Type.Object({ item: Id, keys: Type.Array(Type.String()) }),
      returns: Type.Object({ added: Type.Integer(), duplicates: Type.Integer() }),
      idempotent: true,
    },
    /** Counted now; a copy on its way back counts as held. `made`: all copies there ever were, which new ones alone raise. `nextAt`: when the next hold lapses, ms. */
    stock: {
      params: Type.Object({ items: Type.Array(Id) }),
      returns: Type.Array(Type.Object({ item: Id, stock: Stock, made: Type.Integer(), nextAt: Nullable(Millis) })),
      idempotent: true,
    },
    /** The licence keys in these slots, in clear, for delivery alone: sold units only. */
    reveal: {
      params: Type.Object({ slots: Type.Array(Type.String()) }),
      returns: Type.Array(Type.Object({ slot: Type.String(), key: Type.String() })),
      idempotent: true,
    },
    /** What an order holds or held: its reservation, and the units in its slots as they are now, without their secrets. */
    inspect: {
      params: ForOrder,
      returns: Type.Object({
        reservation: Nullable(Stored<Reservation>()),
        units: Type.Array(Stored<Omit<Unit, "secret">>()),
      }),
      idempotent: true,
    },
    /** How often these codes of a seller are used just now, in this order, and by one buyer, where one is given. */
    used: CodesUsed,
    /** Units of an item in one state, by serial; at most `limit`, without their secrets. */
    units: {
      params: Type.Object({ item: Id, state: UnitState, limit: Type.Integer({ minimum: 1, maximum: 1000 }) }),
      returns: Type.Array(Stored<Omit<Unit, "secret">>()),
      idempotent: true,
    },
    /** Copies that are held just now, the next to lapse first; `total` counts those past `limit` too. */
    holds: {
      params: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1000 }) }),
      returns: Type.Object({ rows: Type.Array(Hold), total: Type.Integer() }),
      idempotent: true,
    },
    sweep: Sweep,
    /** The units, without their secrets. */
    changes: Changes,
  },
  hints: {
    /** Carries no numbers: readers ask `inventory.stock`, coalesced. */
    "stock.changed": Type.Object({ items: Type.Array(Id) }),
  },
});

/** Reservations are a collection of their own, called only from this folder; `changes` also by the audit. */
export const reservations = contract({
  name: "reservations",
  actions: {
    get: { params: Type.Object({ id: Id }), returns: Nullable(Stored<Reservation>()), idempotent: true },
    insert: {
      params: Type.Object({ doc: Stored<Omit<Reservation, "v" | "outbox" | "due">>() }),
      returns: Type.Boolean(),
    },
    write: {
      params: Type.Object({ doc: Stored<Reservation>(), change: Stored<Change<Reservation>>() }),
      returns: Nullable(Stored<Reservation>()),
    },
    sweep: Sweep,
    changes: Changes,
  },
});

/** Capped uses, likewise. */
export const uses = contract({
  name: "uses",
  actions: {
    /** Where a capped thing has room for a slot. */
    look: {
      params: Type.Object({ thing: Type.String(), cap: Type.Integer({ minimum: 1 }), slot: Type.String() }),
      returns: Stored<Look>(),
      idempotent: true,
    },
    used: CodesUsed,
    insert: { params: Type.Object({ doc: Stored<Use>() }), returns: Type.Boolean() },
    remove: { params: Type.Object({ slot: Type.String() }), returns: Type.Integer(), idempotent: true },
    changes: Changes,
  },
});
