import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import {
  Changes,
  FileInfo,
  Filename,
  Id,
  Kind,
  ListOf,
  Nothing,
  Nullable,
  Paging,
  Person,
  Stored,
  Strings,
  Time,
} from "../schemas.ts";
import type { Entitlement } from "./entitlement.ts";

/** What `changes` reads out. */
export type { Entitlement } from "./entitlement.ts";

/** One row a copy; for unlimited goods one a line. */
export const LibraryRow = Type.Object({
  id: Id,
  orderId: Id,
  itemId: Id,
  title: Type.String(),
  kind: Kind,
  seller: Person,
  serial: Nullable(Type.Integer()),
  key: Nullable(Type.String()),
  files: Type.Array(FileInfo),
  status: Strings(["active", "revoked"] as const),
  acquiredAt: Time,
});
export type LibraryRow = Static<typeof LibraryRow>;

/** What one slot of an order delivers. */
export const Grant = Type.Object({
  slot: Type.String(),
  item: Id,
  title: Type.String(),
  kind: Kind,
  seller: Person,
  serial: Nullable(Type.Integer()),
});
export type Grant = Static<typeof Grant>;

export const delivery = contract({
  name: "delivery",
  actions: {
    library: {
      rest: "GET /api/library",
      auth: "anyone",
      summary: "What the caller owns",
      params: Type.Object({ ...Paging }),
      returns: ListOf(LibraryRow),
      errors: ["SIGN_IN_REQUIRED"],
    },
    get: {
      rest: "GET /api/library/:id",
      auth: "anyone",
      summary: "One copy, with its key",
      params: Type.Object({ id: Id }),
      returns: LibraryRow,
      errors: ["NOT_FOUND"],
    },
    /** A signed path on the gateway, good for 300 s; the gateway answers 302 with it. 403 FORBIDDEN once revoked. */
    link: {
      params: Type.Object({ id: Id, filename: Filename }),
      returns: Type.Object({ location: Type.String() }),
      errors: ["NOT_FOUND", "FORBIDDEN"],
      idempotent: true,
    },
    /** Inserts one entitlement a slot; a revoked one is never overwritten. `user` is null for a guest's order. */
    grant: {
      params: Type.Object({ order: Id, user: Nullable(Id), grants: Type.Array(Grant) }),
      returns: Type.Object({ granted: Type.Array(Type.String()) }),
      idempotent: true,
    },
    /** Inserts or marks `revoked`, for every slot named; a later grant changes nothing. */
    revoke: {
      params: Type.Object({ order: Id, user: Nullable(Id), grants: Type.Array(Grant) }),
      returns: Nothing,
      idempotent: true,
    },
    /** Does this user own a copy of this item? A buyer still sees a retired item. */
    owns: { params: Type.Object({ user: Id, item: Id }), returns: Type.Boolean(), idempotent: true },
    /** What an order delivered, a document a slot. */
    inspect: {
      params: Type.Object({ order: Id }),
      returns: Type.Array(Stored<Omit<Entitlement, "ownedBy">>()),
      idempotent: true,
    },
    changes: Changes,
  },
});
