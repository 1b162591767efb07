import type { Words } from "../messages/index.ts";

/** Why a card was not taken, by Stripe's code; banks say little, and so do we where a code has no words. */
export function declineWords(code: string, { declined }: Words["common"]["checkout"]): string {
  return Object.hasOwn(declined, code) ? declined[code as keyof typeof declined] : declined.card_declined;
}
