import type { Secrets } from "../../core/secrets.ts";
import { dueKey } from "../../core/store.ts";

/** How long a refresh token is good, ms; each renewal gives the family as long again. */
export const REFRESH_LASTS = 30 * 24 * 3600_000;
/** How long a used token stays good, ms: for the other tabs of a browser, and for a client that missed the answer. */
export const GRACE = 30_000;
/** How many used tokens a family remembers. Browsers renew every 15 minutes, so even a busy one uses a few within the grace. */
export const REMEMBERED = 20;

const SECRET_BYTES = 32;
const SHAPE = /^([a-z2-7]{26})\.[\w-]{43}$/;

type Mac = Pick<Secrets, "hmac">;

/**
 * One family of refresh tokens: what one sign-in became. Only the newest token renews. Revoking removes the
 * document, so a session that exists is good until it expires.
 */
export interface Session {
  _id: string;
  user: string;
  /** The hash of the newest token. */
  current: string;
  /** The hashes of those used last, and when that was, ms; the newest at the end. */
  used: { hash: string; at: number }[];
  /** Where it began, in short words. */
  device?: string;
  createdAt: number;
  expiresAt: number;
  /** When the sweeper removes it. */
  due: string;
}

/** The first token of a family. */
export const firstToken = (session: string, bytes: (count: number) => Buffer): string =>
  `${session}.${bytes(SECRET_BYTES).toString("base64url")}`;

/** The family a token claims to be of; null for what is no refresh token at all. */
export const sessionOf = (token: string): string | null => SHAPE.exec(token)?.[1] ?? null;

/** What is stored of a token. */
export const hashOf = (secrets: Mac, token: string): string => secrets.hmac("refresh-hash", token);

/**
 * The one token that follows this one. It is derived, not drawn: whoever renews the same token gets the same
 * successor, so that a race of two tabs cannot fork the family. Without the key nobody can derive it.
 */
export function successor(secrets: Mac, token: string): string {
  const secret = Buffer.from(secrets.hmac("refresh-next", token), "hex").toString("base64url");
  return `${sessionOf(token)}.${secret}`;
}

/**
 * The family's newest token, for one that was refused as such: used within the grace; null when this one was not.
 * The session may have been read a moment too early, and name the refused token as the newest: its successor is then
 * being written.
 */
export function newestFrom(secrets: Mac, token: string, session: Session, now: number): string | null {
  const hash = hashOf(secrets, token);
  if (session.current === hash) return successor(secrets, token);
  const place = session.used.findIndex((used) => used.hash === hash && now < used.at + GRACE);
  if (place < 0) return null;
  return session.used.slice(place).reduce((newest) => successor(secrets, newest), token);
}

/** When a session that is renewed now ends. */
export function lifetime(session: string, now: number): Pick<Session, "expiresAt" | "due"> {
  const expiresAt = now + REFRESH_LASTS;
  return { expiresAt, due: dueKey(expiresAt, session) };
}

/** A session as its user sees it. Each renewal has given it its whole life again, so its end tells when it was used. */
export const toListed = ({ _id, device = "Unknown device", createdAt, expiresAt }: Session, current: boolean) => ({
  id: _id,
  device,
  createdAt: new Date(createdAt).toISOString(),
  lastUsedAt: new Date(expiresAt - REFRESH_LASTS).toISOString(),
  current,
});
