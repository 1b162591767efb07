import { Type } from "typebox";
import { contract } from "../../core/contract.ts";
import { Changes, Id, Nothing, Nullable, Stored, Sweep, Time } from "../schemas.ts";
import type { Entry } from "./entry.machine.ts";

/** How many may wait for one item. */
export const MAX_LINE = 1000;

/** An entry without what tells who somebody is: the buyer is a user's id or a keyed hash of a guest's e-mail. */
export type EntryForOperators = Omit<Entry, "user" | "email">;

const Position = Type.Integer({ minimum: 1, description: "1 is the head: who is served next" });
const OrderId = Nullable(
  Type.String({ description: "The order that holds a copy for the caller, while it may be paid" }),
);
const ById = Type.Object({ id: Id });

/** A copy that is held for somebody who waited, as an ordinary order. */
const Granted = Type.Object({ itemId: Id, orderId: Id, expiresAt: Time });

/** Who waits for a copy of what is sold out: a copy that comes back is held for the head of the line before anybody else sees it. */
export const waitlist = contract({
  name: "waitlist",
  actions: {
    /**
     * One entry an item and buyer: again it answers the same place. IN_STOCK while a copy is to be had, and always for
     * unlimited goods; LIMIT_REACHED `{itemId, limit}` when the line is full. `position` is null, and `orderId` given,
     * once a copy is held for the caller. Who lets that hold lapse has left the line, and may join again at its end.
     */
    join: {
      rest: "PUT /api/items/:id/waitlist",
      auth: "anyone",
      summary: "Wait for a copy of what is sold out",
      params: Type.Object({ id: Id, email: Type.Optional(Type.String({ format: "email", maxLength: 254 })) }),
      returns: Type.Object({
        position: Nullable(Position),
        orderId: OrderId,
        token: Type.Optional(
          Type.String({
            description: "A guest's key to this place and to the order it may become, given once; a cookie too",
          }),
        ),
      }),
      errors: ["SIGN_IN_REQUIRED", "NOT_FOUND", "OWN_ITEM", "IN_STOCK", "LIMIT_REACHED", "TRY_AGAIN"],
      idempotent: true,
    },
    /** A guest leaves by the key that joining gave them, and not by an e-mail that others may know. Who does not wait has nothing to leave. */
    leave: {
      rest: "DELETE /api/items/:id/waitlist",
      auth: "anyone",
      status: 204,
      summary: "Wait no longer; an order that was granted already is cancelled by its own route",
      params: ById,
      returns: Nothing,
      errors: ["TRY_AGAIN"],
      idempotent: true,
    },
    place: {
      rest: "GET /api/items/:id/waitlist",
      auth: "anyone",
      summary: "One's own place in the line, and how long the line is",
      params: ById,
      returns: Type.Object({ position: Nullable(Position), orderId: OrderId, length: Type.Integer({ minimum: 0 }) }),
      errors: ["NOT_FOUND"],
    },
    /** For inventory, which has a copy on its way back: carries the head of the line on. False when nobody waits. */
    serve: {
      params: Type.Object({ item: Id }),
      returns: Type.Object({ waits: Type.Boolean() }),
      idempotent: true,
    },
    /** The copies that are held for a user just now; for their live stream. */
    grants: { params: Type.Object({ user: Id }), returns: Type.Array(Granted), idempotent: true },
    /** The entry that became this order. Null when there is none. */
    inspect: { params: Type.Object({ order: Id }), returns: Nullable(Stored<EntryForOperators>()), idempotent: true },
    sweep: Sweep,
    /** The entries, without personal data. */
    changes: Changes,
  },
  hints: {
    /** A copy is held for somebody: whose it is, `inspect` says. */
    "waitlist.granted": Type.Object({ order: Id }),
  },
});
