/** Why a payment did not come about. */
export interface Failure {
  type: "card_error" | "invalid_request_error";
  code: string;
  message: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  /** The payment method that was tried. */
  method: string;
}

/** What a test payment method does. */
export interface Card {
  brand: "visa" | "mastercard" | "amex";
  last4: string;
  /** How its bank declines; without it the payment goes through. */
  decline?: Omit<Failure, "type" | "charge" | "method">;
  /** The buyer has to pass 3-D Secure first. */
  challenge?: true;
  /** A refund to it begins as the first and soon becomes the second. */
  refund?: readonly ["pending", "succeeded"] | readonly ["succeeded", "failed"];
}

const visa = (last4: string, behaviour: Omit<Card, "brand" | "last4"> = {}): Card => ({
  brand: "visa",
  last4,
  ...behaviour,
});
const declines = (last4: string, code: string, decline_code: string, message: string, param?: string) =>
  visa(last4, { decline: { code, decline_code, message, ...(param && { param }) } });

const generic = declines("0002", "card_declined", "generic_decline", "Your card was declined.");
const poor = declines("9995", "card_declined", "insufficient_funds", "Your card has insufficient funds.");

/** Stripe's test payment methods, by Stripe's names. */
const CARDS: Record<string, Card> = {
  pm_card_visa: visa("4242"),
  pm_card_mastercard: { brand: "mastercard", last4: "4444" },
  pm_card_amex: { brand: "amex", last4: "8431" },
  pm_card_chargeDeclined: generic,
  pm_card_visa_chargeDeclined: generic,
  pm_card_chargeDeclinedInsufficientFunds: poor,
  pm_card_visa_chargeDeclinedInsufficientFunds: poor,
  pm_card_chargeDeclinedExpiredCard: declines(
    "0069",
    "expired_card",
    "expired_card",
    "Your card has expired.",
    "exp_month",
  ),
  pm_card_chargeDeclinedIncorrectCvc: declines(
    "0127",
    "incorrect_cvc",
    "incorrect_cvc",
    "Your card's security code is incorrect.",
    "cvc",
  ),
  pm_card_threeDSecure2Required: visa("3220", { challenge: true }),
  pm_card_pendingRefund: visa("7726", { refund: ["pending", "succeeded"] }),
  pm_card_refundFail: visa("5126", { refund: ["succeeded", "failed"] }),
};

export const cardOf = (method: string): Card | undefined => (Object.hasOwn(CARDS, method) ? CARDS[method] : undefined);
