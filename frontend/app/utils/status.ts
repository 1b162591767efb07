import type { Item, OrderState } from "./types.ts";

export type Tone = "good" | "held" | "bad" | "plain";

export const orderTones: Record<OrderState, Tone> = {
  reserving: "held",
  reserved: "held",
  closing: "held",
  paid: "good",
  fulfilled: "good",
  refunding: "plain",
  refunded: "plain",
  rejected: "bad",
  expired: "plain",
  cancelled: "plain",
};

export const itemTones: Record<Item["status"], Tone> = { draft: "held", published: "good", retired: "plain" };

/** An order that will not move again by itself. */
export const isResting = (state: OrderState) =>
  ["fulfilled", "refunded", "rejected", "expired", "cancelled"].includes(state);

/** "order.reserved" → "Reserved"; the timeline may carry types this page has not heard of. */
export function eventWords(type: string): string {
  const name = type.replace(/^.*\./, "").replaceAll("_", " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}
