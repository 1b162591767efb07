import type { Lang } from "../schemas.ts";
import type { User } from "./auth.contract.ts";

/** A user as the store keeps it. */
export interface StoredUser {
  _id: string;
  /** Canonical, and unique. */
  email: string;
  name: string;
  /** A PHC string. */
  password: string;
  seller: boolean;
  /** Keyed hashes of networks they signed in from: there, the attempts of strangers do not lock them out. */
  networks: string[];
  /** Of the request that made the account: what letters are written in. */
  lang?: Lang;
  /** The newest link to set a new password: what is stored of its token, and until when it is good, ms. */
  reset?: { hash: string; expiresAt: number };
  /** Sessions that began before are over, ms. */
  signedOutAt?: number;
  createdAt: number;
}

/** How many networks a user is remembered at. */
export const NETWORKS = 10;

/** E-mails are compared, and kept, in this form. */
export const canonical = (email: string): string => email.trim().toLowerCase();

/** The user as others see them. Who the admin is follows from the configuration each time, so that a change of it holds at once. */
export function toUser(user: StoredUser, adminEmail: string | undefined): User {
  const roles: User["roles"] = ["buyer"];
  if (user.seller) roles.push("seller");
  if (adminEmail && user.email === canonical(adminEmail)) roles.push("admin");
  const createdAt = new Date(user.createdAt).toISOString();
  return { id: user._id, email: user.email, name: user.name, roles, createdAt };
}
