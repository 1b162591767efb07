import { createHash } from "node:crypto";
import type { Template } from "./content.ts";

/**
 * One letter, from the moment that it is certain to be sent. Its `_id` is the fact or the business key that it is about,
 * and its template: of these there is one letter.
 *
 *     new ─→ sent          kept: for the developers' mailbox, where there is no SMTP_URL
 *      └──→ failed         the server refuses it, or two days went by
 */
export interface Message {
  _id: string;
  state: "new" | "sent" | "failed" | "kept";
  template: Template;
  /** The letter, sealed: it holds addresses and links that are secrets. Gone when it is sent. */
  letter?: string;
  /** How often sending it failed. */
  tries: number;
  createdAt: number;
  /** When the sweeper sends it, tries again, or forgets it. */
  due: string;
}

/** A letter as it goes to the post. */
export interface Letter {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** How long after its first, second, … failure a letter is tried again, ms; after that as after the last one. */
const BACKOFF = [5000, 30_000, 120_000, 600_000, 1_800_000];
/** How long it is tried, ms; mail servers give up as late as that. */
export const GIVE_UP_AFTER = 2 * 24 * 3600_000;
/** How long it is remembered that a letter was written, ms: as long as facts can come again. */
export const FORGET_AFTER = 30 * 24 * 3600_000;
/** Older facts are not written about: whoever replays a log mails nobody the past, ms. */
export const OLDEST_FACT = 24 * 3600_000;

export const messageKey = (key: string, template: Template): string => `${key}:${template}`;

/** When a letter is tried again that has failed so often, ms from now. */
export const pauseAfter = (failures: number): number => BACKOFF[Math.min(failures, BACKOFF.length) - 1]!;

/** The header Message-ID: the same however often the letter is sent, so that mailboxes can tell. */
export function messageId(id: string, from: string): string {
  const [, host = "localhost"] = /@([^\s@>]+)>?$/.exec(from) ?? [];
  return `<${createHash("sha256").update(id).digest("hex").slice(0, 40)}@${host}>`;
}
