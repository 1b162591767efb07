import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { Changes, Id, Lang, NoParams, Nothing, Nullable, Strings, Time } from "../schemas.ts";
import { Session } from "./sessions.contract.ts";

export const Role = Strings(["buyer", "seller", "admin"] as const);
export const User = Type.Object({
  id: Id,
  email: Type.String(),
  name: Type.String(),
  roles: Type.Array(Role),
  createdAt: Time,
});
export type User = Static<typeof User>;

const Email = Type.String({ format: "email", maxLength: 254 });
const Password = Type.String({ minLength: 10, maxLength: 200 });
const Signed = Type.Object({ user: User });

/** A pair of tokens: `access` a JWT of 15 minutes, `refresh` an opaque, rotating secret of 30 days. */
const Tokens = Type.Object({ user: User, access: Type.String(), refresh: Type.String() });
export type Tokens = Static<typeof Tokens>;

export const auth = contract({
  name: "auth",
  actions: {
    /** Sets `meta.session`, from which the gateway makes the cookies. */
    signup: {
      rest: "POST /api/auth/signup",
      auth: "anyone",
      status: 201,
      summary: "Create an account and sign in",
      params: Type.Object({ email: Email, password: Password, name: Type.String({ minLength: 1, maxLength: 80 }) }),
      returns: Signed,
      errors: ["EMAIL_TAKEN"],
    },
    /** Unknown and wrong alike, in the same time. Throttled by e-mail and by address. */
    signin: {
      rest: "POST /api/auth/signin",
      auth: "anyone",
      summary: "Sign in",
      params: Type.Object({
        email: Type.String({ minLength: 1, maxLength: 254 }),
        password: Type.String({ minLength: 1, maxLength: 200 }),
      }),
      returns: Signed,
      errors: ["BAD_CREDENTIALS", "RATE_LIMITED"],
    },
    /** Ends the session family of the refresh token. */
    signout: {
      rest: "POST /api/auth/signout",
      auth: "anyone",
      status: 204,
      summary: "Sign out",
      params: NoParams,
      returns: Nothing,
    },
    me: {
      rest: "GET /api/auth/me",
      auth: "anyone",
      summary: "Who am I",
      params: NoParams,
      returns: Type.Object({ user: Nullable(User) }),
    },
    /** Mails a link that is good for an hour, if the e-mail has an account; the answer tells nobody whether it has. */
    reset: {
      rest: "POST /api/auth/reset",
      auth: "anyone",
      status: 202,
      summary: "Ask for a link to set a new password",
      params: Type.Object({ email: Email }),
      returns: Nothing,
      errors: ["RATE_LIMITED"],
    },
    /** A link works once; then every session of the user is over. */
    resetPassword: {
      rest: "POST /api/auth/reset/:token",
      auth: "anyone",
      status: 204,
      summary: "Set a new password by a mailed link, and sign out everywhere",
      params: Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }), password: Password }),
      returns: Nothing,
      errors: ["LINK_EXPIRED", "TRY_AGAIN"],
    },
    sessions: {
      rest: "GET /api/auth/sessions",
      auth: "user",
      summary: "Where one is signed in, the last used first",
      params: NoParams,
      returns: Type.Object({ rows: Type.Array(Session) }),
    },
    /** Its access token is good for up to 15 minutes more; it is not renewed. */
    endSession: {
      rest: "DELETE /api/auth/sessions/:id",
      auth: "user",
      status: 204,
      summary: "Sign out elsewhere, or here",
      params: Type.Object({ id: Id }),
      returns: Nothing,
      errors: ["NOT_FOUND"],
    },
    /** For mail: how to reach a user. Null when there is none. */
    contact: {
      params: Type.Object({ user: Id }),
      returns: Nullable(Type.Object({ email: Type.String(), name: Type.String(), lang: Nullable(Lang) })),
      idempotent: true,
    },
    /** Rotates a refresh token; null when it is unknown, expired or revoked. A used one is good for 30 s more, after that its use revokes the family. */
    renew: { params: Type.Object({ refresh: Type.String() }), returns: Nullable(Tokens), idempotent: true },
    /** Adds the role seller to a user; called by items at the first listing. */
    makeSeller: { params: Type.Object({ user: Id }), returns: Nothing, idempotent: true },
    /** For the demo catalogue: a user by e-mail, made if there is none. */
    ensure: {
      params: Type.Object({ email: Email, name: Type.String(), password: Password }),
      returns: User,
      idempotent: true,
    },
    changes: Changes,
  },
});
