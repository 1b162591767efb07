import { Type, type Static } from "typebox";
import { Id, Nothing, Nullable } from "../schemas.ts";

/** A seller's own picture as the gateway prepared it, the narrowest first; the names are those of bytes in the files store. */
export const Cover = Type.Object({
  /** Stands for these very bytes in addresses. */
  hash: Type.String(),
  sizes: Type.Array(
    Type.Object({ width: Type.Integer(), height: Type.Integer(), webp: Type.String(), avif: Type.String() }),
  ),
});
export type Cover = Static<typeof Cover>;

const ById = Type.Object({ id: Id });

/** The part of `items` that is about covers. */
export const coverActions = {
  removeCover: {
    rest: "DELETE /api/items/:id/cover",
    auth: "user",
    status: 204,
    summary: "Back to the drawn cover",
    params: ById,
    returns: Nothing,
    errors: ["NOT_FOUND"],
  },
  /** Asked by the gateway before it takes a picture's first byte: is this the caller's item? */
  mayChange: { params: ById, returns: Nothing, errors: ["NOT_FOUND"] },
  /** Called by the gateway when the bytes of all sizes lie in the store. */
  setCover: {
    params: Type.Object({ id: Id, cover: Cover }),
    returns: Type.Object({ cover: Type.String() }),
    errors: ["NOT_FOUND"],
  },
  /** For the gateway: the picture of an item in any state, for whoever knows its hash. Null without one. */
  cover: { params: ById, returns: Nullable(Cover), idempotent: true },
} as const;
