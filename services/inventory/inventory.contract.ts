import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import type { Change } from "../../core/store.ts";
import type { Reservation, Use } from "./reservation.ts";
import type { Unit } from "./unit.machine.ts";

/** What `changes` reads out. */
export type { Reservation, Use } from "./reservation.ts";
export type { Unit } from "./unit.machine.ts";
import { Changes, Id, Kind, Millis, Nothing, Nullable, Stock, Stored, Strings, Sweep } from "../schemas.ts";

/** The places in an order, one a copy: "<order>:<line>:<n>", n from 0. */
export const slotsOf = (order: string, { id, quantity }: { id: string; quantity: number }): string[] =>
  Array.from({ length: quantity }, (_, n) => `${order}:${id}:${n}`);

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

const UnitState = Strings(["free", "held", "sold", "retired"] as const);
const ForOrder = Type.Object({ order: Id });

export const inventory = contract({
  name: "inventory",
  actions: {
    /** Holds every line or nothing; repeated, it gives the same verdict. `buyer` is a user's id or a keyed hash of a guest's e-mail. */
    reserve: {
      params: Type.Object({ order: Id, buyer: Type.String(), until: Millis, lines: Type.Array(ReservationLine) }),
      returns: Verdict,
      idempotent: true,
    },
    /** Frees what the order holds; an order never seen is released for good as well. Answers when every unit is confirmed free. */
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
    /** After a refund: sold (or held) → retired, and the per-buyer uses are given back. */
    retire: { params: ForOrder, returns: Nothing, idempotent: true },
    /** Brings an item to `total` copies that are not retired: adds serials, or retires free units. `total` in the reply is what it came to. */
    provision: {
      params: Type.Object({ item: Id, total: Type.Integer({ minimum: 0 }) }),
      returns: Stock,
      idempotent: true,
    },
    /** Licence keys become units; the serial is an HMAC of item and key. */
    addKeys: {
      params: Type.Object({ item: Id, keys: Type.Array(Type.String()) }),
      returns: Type.Object({ added: Type.Integer(), duplicates: Type.Integer() }),
      idempotent: true,
    },
    /** Counted now. `nextAt`: when the next hold lapses, ms. */
    stock: {
      params: Type.Object({ items: Type.Array(Id) }),
      returns: Type.Array(Type.Object({ item: Id, stock: Stock, nextAt: Nullable(Millis) })),
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
    find: { params: Type.Object({ prefix: Type.String() }), returns: Type.Array(Stored<Use>()), idempotent: true },
    insert: { params: Type.Object({ doc: Stored<Use>() }), returns: Type.Boolean() },
    remove: { params: Type.Object({ slot: Type.String() }), returns: Type.Integer(), idempotent: true },
    changes: Changes,
  },
});
