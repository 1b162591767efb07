import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { Changes, Id, NoParams, Nothing, Nullable, Strings, Time } from "../schemas.ts";

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
