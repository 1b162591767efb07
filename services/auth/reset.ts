import type { Secrets } from "../../core/secrets.ts";
import type { Allowance, Counter, Counters } from "../../mixins/counters.ts";
import type { StoredUser } from "./user.ts";

/** How long a link to set a new password is good, ms. */
const RESET_LASTS = 3600_000;
/**
 * Links for one e-mail. Strangers can use them up, but each of theirs is in the user's own mailbox. Of one network the
 * gateway takes so many for whatever e-mails.
 */
export const PER_EMAIL: Allowance = { times: 5, seconds: 3600 };
const SECRET_BYTES = 32;
const SHAPE = /^([a-z2-7]{26})\.[\w-]{43}$/;

type Mac = Pick<Secrets, "hmac">;

/** A new link: its token, and what is stored of it. The last one alone is good. */
export function newReset(
  secrets: Mac,
  user: string,
  now: number,
  bytes: (count: number) => Buffer,
): { token: string; reset: NonNullable<StoredUser["reset"]> } {
  const token = `${user}.${bytes(SECRET_BYTES).toString("base64url")}`;
  return { token, reset: { hash: hashOf(secrets, token), expiresAt: now + RESET_LASTS } };
}

/** The one user for whom this token is good, as a query; null for what is no token at all. */
export function holderOf(secrets: Mac, token: string, now: number): Record<string, unknown> | null {
  const user = SHAPE.exec(token)?.[1];
  return user ? { "reset.hash": hashOf(secrets, token), "reset.expiresAt": { $gt: now }, _id: user } : null;
}

/** Counts the links asked for; null where nothing is limited. */
export const resetThrottle = (on: boolean, counters: Counters): Counter | null =>
  on ? counters("reset.email", PER_EMAIL) : null;

const hashOf = (secrets: Mac, token: string): string => secrets.hmac("password-reset", token);
