import { Errors } from "moleculer";

/**
 * The coded error catalogue: every `type` a caller may meet, its HTTP status and its default words.
 * Callers test `err.type`, never `instanceof`: errors cross the wire between services.
 */
export const catalogue = {
  BAD_JSON: [400, "The body is not valid JSON"],
  BAD_SIGNATURE: [400, "The signature does not fit this body"],
  BAD_IDEMPOTENCY_KEY: [400, "An Idempotency-Key has 1 to 255 printable ASCII characters; a guest's is a UUID"],
  SIGN_IN_REQUIRED: [401, "Sign in first"],
  BAD_CREDENTIALS: [401, "No account has this e-mail and password"],
  FORBIDDEN: [403, "This is not allowed"],
  OWN_ITEM: [403, "Nobody buys their own item"],
  CROSS_SITE: [403, "A change may not come from another site"],
  LINK_EXPIRED: [403, "This link has expired or was altered"],
  NOT_FOUND: [404, "There is nothing here"],
  METHOD_NOT_ALLOWED: [405, "This route does not take this method"],
  SOLD_OUT: [409, "Not enough copies are free"],
  IN_STOCK: [409, "There is a copy to be had: no need to wait for one"],
  CODE_INVALID: [409, "This discount code does not apply here"],
  CODE_TAKEN: [409, "You have a discount code of this name already"],
  CODE_USED_UP: [409, "This discount code has been used up"],
  LIMIT_REACHED: [409, "This would pass the limit for one buyer"],
  PRICE_CHANGED: [409, "The total is not what was expected"],
  MIXED_SELLERS: [409, "One order holds items of one seller"],
  ORDER_PAID: [409, "The order is paid"],
  ORDER_CLOSED: [409, "The order is closed"],
  NOT_REFUNDABLE: [409, "Only a paid or fulfilled order can be refunded"],
  IDEMPOTENCY_KEY_REUSED: [409, "This Idempotency-Key was used with another body"],
  NOTHING_TO_DELIVER: [409, "The item has nothing to deliver yet"],
  KIND_IS_FIXED: [409, "The kind of this item does not allow that now"],
  EMAIL_TAKEN: [409, "This e-mail has an account already"],
  WRONG_OFFSET: [409, "The upload goes on at another byte"],
  TOO_LARGE: [413, "The body is too large"],
  UNSUPPORTED_MEDIA_TYPE: [415, "This route does not take this media type"],
  RANGE_NOT_SATISFIABLE: [416, "This range lies outside of the file"],
  VALIDATION_ERROR: [422, "The input does not fit the schema"],
  RATE_LIMITED: [429, "Too many requests"],
  INTERNAL: [500, "Something went wrong on our side"],
  TRY_AGAIN: [503, "Not decided yet, try again"],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ErrorType = keyof typeof catalogue;

/** A coded error, ready to be thrown. `data` is shown to the caller: nothing secret, nothing of somebody else's. */
export function fail(type: ErrorType, data?: unknown, message?: string): Errors.MoleculerError {
  const [status, words] = catalogue[type];
  return new Errors.MoleculerError(message ?? words, status, type, data as object);
}

/** The coded type of whatever was thrown, here or on another node; undefined for what is not in the catalogue. */
export function typeOf(error: unknown): ErrorType | undefined {
  const type = (error as { type?: unknown } | null)?.type;
  return typeof type === "string" && Object.hasOwn(catalogue, type) ? (type as ErrorType) : undefined;
}
