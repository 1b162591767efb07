import type { Item, OrderState } from "./types.ts";

export type Tone = "good" | "held" | "bad" | "plain";

export const orderWords: Record<OrderState, { label: string; tone: Tone }> = {
  reserving: { label: "Reserving", tone: "held" },
  reserved: { label: "Held for you", tone: "held" },
  closing: { label: "Closing", tone: "held" },
  paid: { label: "Paid", tone: "good" },
  fulfilled: { label: "Delivered", tone: "good" },
  refunding: { label: "Refund on its way", tone: "plain" },
  refunded: { label: "Refunded", tone: "plain" },
  rejected: { label: "Not granted", tone: "bad" },
  expired: { label: "Expired", tone: "plain" },
  cancelled: { label: "Cancelled", tone: "plain" },
};

export const itemWords: Record<Item["status"], { label: string; tone: Tone }> = {
  draft: { label: "Draft", tone: "held" },
  published: { label: "On sale", tone: "good" },
  retired: { label: "Retired", tone: "plain" },
};

/** An order that will not move again by itself. */
export const isResting = (state: OrderState) =>
  ["fulfilled", "refunded", "rejected", "expired", "cancelled"].includes(state);

/** "order.reserved" → "Reserved"; the timeline may carry types this page has not heard of. */
export function eventWords(type: string): string {
  const name = type.replace(/^.*\./, "").replaceAll("_", " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}
