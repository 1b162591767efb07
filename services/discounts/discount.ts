import { MIN_AMOUNT } from "../schemas.ts";
import type { Applied, Discount, Reason } from "./discounts.contract.ts";

export interface DiscountDoc {
  /** "<seller>:<CODE>", so that one insert decides whose it is. */
  _id: string;
  code: string;
  /** Either this, or `amount` in minor units. */
  percent?: number;
  amount?: number;
  /** The items it is for; without them for all of the seller's. */
  items?: string[];
  cap?: number;
  perBuyer?: number;
  endsAt?: number;
  createdAt: number;
  /** When its seller ended it. */
  endedAt?: number;
  /** "<seller>:<createdAt>:<_id>". */
  ownedBy: string;
}

/** A line that a code is to be applied to: what it costs without, in minor units. */
export interface Priced {
  itemId: string;
  amount: number;
}

export const canonical = (code: string): string => code.toUpperCase();
export const idOf = (seller: string, code: string): string => `${seller}:${canonical(code)}`;

const isActive = ({ endsAt = Infinity, endedAt }: DiscountDoc, now: number): boolean =>
  endedAt === undefined && now < endsAt;

/** What a code takes off these lines, or why it does not apply. Only the lines it is for are discounted. */
export function apply(doc: DiscountDoc | null, lines: Priced[], now: number): Applied | { reason: Reason } {
  if (!doc) return { reason: "unknown" };
  if (!isActive(doc, now)) return { reason: "ended" };
  const { code, items, cap = null, perBuyer = null } = doc;
  const parts = lines.map(({ itemId, amount }) => (!items || items.includes(itemId) ? amount : 0));
  const applicable = sum(parts);
  if (!applicable) return { reason: "items" };
  const amount = worth(doc, applicable);
  const left = sum(lines.map((line) => line.amount)) - amount;
  // The provider takes no charge so small, and giving the rest away is not what the seller said.
  if (left > 0 && left < MIN_AMOUNT) return { reason: "minimum" };
  return { code, amount, off: shared(amount, parts), cap, perBuyer };
}

/** Half a cent is rounded up, once for all lines together. */
const worth = ({ percent, amount = 0 }: DiscountDoc, of: number): number =>
  percent === undefined ? Math.min(amount, of) : Math.floor((of * percent + 50) / 100);

/**
 * Shares an amount out in proportion, whole cents that add up to it; no part gets more than it is. Each gets its
 * share of what is left for it and for all after it, rounded down. In big integers: a product of two sums of money
 * may be past what a number holds exactly.
 */
export function shared(amount: number, parts: number[]): number[] {
  let left = BigInt(amount);
  let of = BigInt(sum(parts));
  return parts.map((part) => {
    const share = of === 0n ? 0n : (left * BigInt(part)) / of;
    left -= share;
    of -= BigInt(part);
    return Number(share);
  });
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** As its seller sees it. */
export function toDiscount(doc: DiscountDoc, used: number, now: number): Discount {
  const { code, percent = null, amount = null, items = null, cap = null, perBuyer = null, endsAt, createdAt } = doc;
  return {
    ...{ code, percent, amount, items, cap, used, perBuyer },
    endsAt: iso(endsAt),
    createdAt: iso(createdAt)!,
    active: isActive(doc, now),
  };
}
