import type { Versioned } from "../../core/store.ts";
import type { Refusal } from "../inventory/inventory.contract.ts";
import type { Kind, Lang, Person } from "../schemas.ts";
import type { OrderState } from "./order.state.ts";

/** An order as it is stored. Money in minor units, times in ms since the epoch. */
export interface OrderDoc extends Versioned {
  state: OrderState;
  /** A user's id, or a keyed hash of a guest's e-mail. */
  buyer: string;
  user: Person | null;
  email: string | null;
  /** Of the request that made the order: what its letters are written in. */
  lang?: Lang;
  seller: Person;
  lines: Line[];
  /** What there is to pay, after the discount. */
  total: number;
  discount?: FrozenDiscount;
  /** Made for somebody who waited: it takes a copy that came back, and none that is free. */
  granted?: true;
  createdAt: number;
  expiresAt: number;
  paidAt?: number;
  closedAt?: number;
  /** Why it is being closed. */
  why?: "expired" | "cancelled";
  refusal?: Verdict409;
  paymentError?: { code: string; message: string };
  refund?: RefundDoc;
  /** A hash of the body that came with the Idempotency-Key. */
  body?: string;
  history: { at: number; type: string; data: Record<string, unknown> }[];
  /** Orders that were once reserved, by buyer: "<buyer>:<createdAt>:<_id>". */
  boughtBy?: string;
  /** Orders that were once paid, by seller: "<seller>:<paidAt>:<_id>". */
  soldBy?: string;
  /** The seller of an order that adds to their totals, and what it adds. */
  countedFor?: string;
  countedAs?: string;
}

/** The fields of the stored document, complete by type. */
export const ORDER_FIELDS: { [K in keyof Required<OrderDoc>]: true } = {
  _id: true,
  v: true,
  outbox: true,
  due: true,
  state: true,
  buyer: true,
  user: true,
  email: true,
  lang: true,
  seller: true,
  lines: true,
  total: true,
  discount: true,
  granted: true,
  createdAt: true,
  expiresAt: true,
  paidAt: true,
  closedAt: true,
  why: true,
  refusal: true,
  paymentError: true,
  refund: true,
  body: true,
  history: true,
  boughtBy: true,
  soldBy: true,
  countedFor: true,
  countedAs: true,
};

export interface Line {
  id: string;
  itemId: string;
  title: string;
  kind: Kind;
  quantity: number;
  unitPrice: number;
  perBuyer: number | null;
  /** Its share of the order's discount, minor units. */
  off?: number;
  serials: number[];
}

/** What the seller's code took off, and its caps as they were then. */
export interface FrozenDiscount {
  code: string;
  amount: number;
  cap: number | null;
  perBuyer: number | null;
}

export interface RefundDoc {
  id: string;
  reason: string | null;
  status: "pending" | "succeeded" | "failed";
  createdAt: number;
  /** A hash of the Idempotency-Key that it was asked with. */
  key?: string;
}

/** A 409 that is the order's verdict: the same key gives the same answer. */
export type Verdict409 =
  | Refusal
  | {
      type: "PRICE_CHANGED" | "MIXED_SELLERS" | "CODE_INVALID" | "NOT_FOUND" | "OWN_ITEM";
      data: Record<string, unknown>;
    };
