import jwt from "jsonwebtoken";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Meta } from "../../core/contract.ts";
import type { Secrets } from "../../core/secrets.ts";
import { Role } from "./auth.contract.ts";

/** How long an access token is good, seconds. What it says of its user may be as old as that. */
export const ACCESS_SECONDS = 15 * 60;
/** Pinned on both sides: a token never chooses how it is verified. */
const ALGORITHM = "HS256";

export type Caller = NonNullable<Meta["user"]>;
type Key = Pick<Secrets, "jwt">;

const claims = Compile(
  Type.Object({
    sub: Type.String({ minLength: 1 }),
    name: Type.String(),
    roles: Type.Array(Role),
    iat: Type.Integer(),
    exp: Type.Integer(),
  }),
);

/** An access token: a JWT that says who is calling. `now` in ms. */
export function issueAccess(secrets: Key, { id, name, roles }: Caller, now: number): string {
  const iat = Math.floor(now / 1000);
  return jwt.sign({ sub: id, name, roles, iat, exp: iat + ACCESS_SECONDS }, secrets.jwt, { algorithm: ALGORITHM });
}

/** Who is calling; null unless the token was issued under this secret and is still good at `now`, ms. */
export function readAccess(secrets: Key, token: string, now: number): Caller | null {
  try {
    const options = { algorithms: [ALGORITHM], clockTimestamp: Math.floor(now / 1000) } satisfies jwt.VerifyOptions;
    const read: unknown = jwt.verify(token, secrets.jwt, options);
    return claims.Check(read) ? { id: read.sub, name: read.name, roles: read.roles } : null;
  } catch {
    return null;
  }
}
