import { Type } from "typebox";
import { contract } from "../../core/contract.ts";
import { Id, Nothing, Nullable } from "../schemas.ts";

const Refresh = Type.Object({
  refresh: Type.String({ description: "`<session id>.<random>`, opaque to everybody else" }),
});

/** Sessions are a collection of their own, called only from this folder. One document is one family of refresh tokens. */
export const sessions = contract({
  name: "sessions",
  actions: {
    /** Begins a family: signing up or in. */
    open: { params: Type.Object({ user: Id }), returns: Refresh },
    /**
     * The successor of a refresh token, good for 30 days; null when the token is unknown, expired or revoked.
     * Repeated within 30 s, or raced, it answers with the family's newest token; later than that it revokes the family.
     */
    rotate: { params: Refresh, returns: Nullable(Type.Object({ user: Id, refresh: Type.String() })), idempotent: true },
    /** Revokes the family of a refresh token, whichever of its tokens that is. */
    close: { params: Refresh, returns: Nothing, idempotent: true },
  },
});
