import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { OrderState } from "../orders/orders.contract.ts";
import { Id, Kind, ListOf, NoParams, Nothing, Nullable, Paging, Person, Sum, Time } from "../schemas.ts";

/** One broken invariant: its name and the document that breaks it. */
export const Fault = Type.Object({
  rule: Type.String(),
  service: Type.String(),
  id: Type.String(),
  detail: Type.String(),
});
export type Fault = Static<typeof Fault>;

/** Something that happened in the life of an order. */
const Entry = Type.Object({ at: Time, service: Type.String(), what: Type.String(), detail: Type.String() });

const Buyer = Type.String({ description: "A user's id, or a keyed hash of a guest's e-mail" });
const Masked = Nullable(Type.String({ description: "A guest's e-mail, masked" }));

/** An order as operators see it in a list. */
export const OrderSeen = Type.Object({
  id: Id,
  status: OrderState,
  buyer: Buyer,
  email: Masked,
  seller: Person,
  lines: Type.Array(
    Type.Object({ itemId: Id, title: Type.String(), kind: Kind, quantity: Type.Integer(), unitPrice: Sum }),
  ),
  total: Sum,
  createdAt: Time,
  expiresAt: Time,
  paidAt: Nullable(Time),
  closedAt: Nullable(Time),
});
export type OrderSeen = Static<typeof OrderSeen>;

/** The life of an order across services. No secrets in it, and no personal data but a masked e-mail. */
export const Explanation = Type.Object({
  order: Type.Object({
    id: Id,
    state: Type.String(),
    total: Sum,
    buyer: Buyer,
    email: Masked,
    seller: Person,
    lines: Type.Array(
      Type.Object({
        item: Id,
        title: Type.String(),
        kind: Type.String(),
        quantity: Type.Integer(),
        serials: Type.Array(Type.Integer()),
      }),
    ),
  }),
  /** The oldest first. */
  events: Type.Array(Entry),
  /** The copies in its places as they are now. */
  units: Type.Array(Type.Object({ id: Type.String(), slot: Type.String(), state: Type.String() })),
  waitsFor: Type.String(),
  /** What will happen next, the soonest first. */
  next: Type.Array(Type.Object({ at: Time, what: Type.String() })),
});
export type Explanation = Static<typeof Explanation>;

/** A fact that a group could not handle. */
export const Letter = Type.Object({
  id: Type.String(),
  group: Type.String({ description: "The service that could not handle it" }),
  type: Type.String(),
  order: Nullable(Id),
  error: Type.Object({ type: Type.String(), message: Type.String() }),
  attempts: Type.Integer(),
  at: Time,
  fact: Type.Record(Type.String(), Type.Unknown()),
});
export type Letter = Static<typeof Letter>;

/** What an operator did. `outcome` is "begun" until it is over, then "done" or the kind of its failure. */
export const AuditRecord = Type.Object({
  id: Id,
  at: Time,
  operator: Type.String(),
  command: Type.String(),
  target: Type.String(),
  outcome: Type.String(),
  order: Nullable(Id),
});
export type AuditRecord = Static<typeof AuditRecord>;

/** What the last reading of all stores found, of that many documents. */
export const Report = Type.Object({
  at: Time,
  counted: Type.Record(Type.String(), Type.Integer(), { description: "Documents by store" }),
  violations: Type.Integer({ minimum: 0 }),
  faults: Type.Array(Fault, { description: "At most the first 100 violations" }),
});
export type Report = Static<typeof Report>;

const ById = Type.Object({ id: Id });

/**
 * What operators see and do. Whatever changes something leaves a record that names who asked for it: `meta.user`, or
 * `meta.operator` where it came from the operators' tools.
 */
export const audit = contract({
  name: "audit",
  actions: {
    /** Reads every store twice and reports what breaks an invariant in both readings, so that work in flight is no fault. */
    run: {
      params: NoParams,
      returns: Type.Object({ faults: Type.Array(Fault), counted: Type.Record(Type.String(), Type.Integer()) }),
    },
    /** The same for people who look at it in a browser: at most a minute old. TRY_AGAIN while the stores are still being read. */
    report: {
      rest: "GET /api/admin/audit",
      auth: "admin",
      summary: "Whether the books of all services agree: what was counted, and what breaks an invariant",
      params: NoParams,
      returns: Report,
      errors: ["TRY_AGAIN"],
    },
    orders: {
      rest: "GET /api/admin/orders",
      auth: "admin",
      summary: "Orders of all buyers, the newest first; of one state where it is given",
      params: Type.Object({ state: Type.Optional(OrderState), ...Paging }),
      returns: ListOf(OrderSeen),
    },
    explain: {
      rest: "GET /api/admin/orders/:id",
      auth: "admin",
      summary: "The life of an order across services: what happened, what it waits for, what comes next",
      params: ById,
      returns: Explanation,
      errors: ["NOT_FOUND"],
    },
    /** At most the first 1000 are seen. */
    letters: {
      rest: "GET /api/admin/dead",
      auth: "admin",
      summary: "Dead letters: facts that a service could not handle, the oldest first",
      params: Type.Object({ ...Paging }),
      returns: ListOf(Letter),
    },
    letter: { params: ById, returns: Letter, errors: ["NOT_FOUND"], idempotent: true },
    replay: {
      rest: "POST /api/admin/dead/:id/replay",
      auth: "admin",
      status: 204,
      summary: "Publish the fact again, for the service alone that could not handle it",
      params: ById,
      returns: Nothing,
      errors: ["NOT_FOUND"],
    },
    /** Forgets the dead letter. */
    drop: { params: ById, returns: Nothing, errors: ["NOT_FOUND"] },
    /** One round of the sweepers now, of one service or of all; `error` where a service could not. */
    sweep: {
      params: Type.Object({ service: Type.Optional(Type.String()) }),
      returns: Type.Object({
        rows: Type.Array(
          Type.Object({ service: Type.String(), driven: Type.Integer(), error: Nullable(Type.String()) }),
        ),
      }),
      errors: ["NOT_FOUND"],
    },
    /** Tells a node to finish what it has and end. Answers when the node was told. FORBIDDEN where there is but one process. */
    drain: { params: Type.Object({ node: Id }), returns: Nothing, errors: ["NOT_FOUND", "FORBIDDEN"] },
    /** What operators did, the newest first; of one order where it is given. */
    records: {
      params: Type.Object({ order: Type.Optional(Id), ...Paging }),
      returns: ListOf(AuditRecord),
      idempotent: true,
    },
  },
});

/** The records are a collection of their own, called only from this folder. */
export const records = contract({
  name: "records",
  actions: {
    /** Written before what it tells of is begun. */
    begin: {
      params: Type.Object({
        operator: Type.String(),
        command: Type.String(),
        target: Type.String(),
        order: Nullable(Id),
      }),
      returns: ById,
    },
    end: { params: Type.Object({ id: Id, outcome: Type.String() }), returns: Nothing, idempotent: true },
    list: {
      params: Type.Object({ order: Type.Optional(Id), ...Paging }),
      returns: ListOf(AuditRecord),
      idempotent: true,
    },
  },
});
