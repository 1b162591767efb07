import { Type } from "typebox";
import { contract } from "../../core/contract.ts";
import { Id, Millis, Nothing, Nullable, Time } from "../schemas.ts";

const Refresh = Type.Object({
  refresh: Type.String({ description: "`<session id>.<random>`, opaque to everybody else" }),
});

/** One sign-in; `current` is the one that asks. */
export const Session = Type.Object({
  id: Id,
  device: Type.String({ description: 'Short words, "Firefox on Linux"' }),
  createdAt: Time,
  lastUsedAt: Time,
  current: Type.Boolean(),
});

/** Sessions are a collection of their own, called only from this folder. One document is one family of refresh tokens. */
export const sessions = contract({
  name: "sessions",
  actions: {
    /** Begins a family: signing up or in. `device` in short words, for its user to know it by; `at`: when the password was looked at. */
    open: {
      params: Type.Object({ user: Id, device: Type.Optional(Type.String()), at: Type.Optional(Millis) }),
      returns: Refresh,
    },
    /**
     * The successor of a refresh token, good for 30 days; null when the token is unknown, expired or revoked.
     * Repeated within 30 s, or raced, it answers with the family's newest token; later than that it revokes the family.
     */
    rotate: {
      params: Refresh,
      returns: Nullable(Type.Object({ user: Id, refresh: Type.String(), createdAt: Millis })),
      idempotent: true,
    },
    /** Revokes the family of a refresh token, whichever of its tokens that is. */
    close: { params: Refresh, returns: Nothing, idempotent: true },
    /** The families of a user, the last used first; `refresh` tells which is the caller's own. */
    list: {
      params: Type.Object({ user: Id, refresh: Type.Optional(Type.String()) }),
      returns: Type.Array(Session),
      idempotent: true,
    },
    /** Revokes one family of a user; or all of them that there are. How many those were. */
    end: { params: Type.Object({ user: Id, id: Type.Optional(Id) }), returns: Type.Integer(), idempotent: true },
  },
});
