/** What the API said when it said no. `status` is 0 and `type` "OFFLINE" where it could not be reached at all. */
export interface Failure {
  status: number;
  type: string;
  message: string;
  data?: unknown;
}

/** Reads a failure off whatever was thrown; `$api` puts it into `data`, where it also survives the trip from server to browser. */
export function failureOf(error: unknown): Failure {
  const failure = (error as { data?: Partial<Failure> } | null)?.data;
  if (failure && typeof failure.type === "string" && typeof failure.status === "number") return failure as Failure;
  return { status: 500, type: "INTERNAL", message: "Something went wrong on our side" };
}

const words: Record<string, string> = {
  OFFLINE: "The shop cannot be reached. Nothing was charged; try again in a moment.",
  BAD_CREDENTIALS: "No account has this e-mail and password.",
  EMAIL_TAKEN: "This e-mail has an account already. Sign in instead.",
  OWN_ITEM: "This is your own item; nobody buys from themselves.",
  ORDER_CLOSED: "This order is closed. Nothing was charged.",
  ORDER_PAID: "This order is already paid.",
  NOTHING_TO_DELIVER: "There is nothing to deliver yet: add a file or keys first.",
  KIND_IS_FIXED: "The kind cannot change once an item was published.",
  RATE_LIMITED: "Too many tries. Wait a moment, then try again.",
  TRY_AGAIN: "The shop is busy. Nothing was charged; try again in a moment.",
  TOO_LARGE: "That is larger than the shop accepts.",
  INTERNAL: "Something went wrong on our side. Nothing was charged.",
};

/** A sentence for people. */
export function failureWords(error: unknown): string {
  const failure = failureOf(error);
  if (failure.type === "VALIDATION_ERROR") {
    const fields = Array.isArray(failure.data)
      ? failure.data.map((fault: { field?: string }) => fault.field).filter(Boolean)
      : [];
    return fields.length > 0 ? `Please check: ${fields.join(", ")}.` : "Please check what you entered.";
  }
  return words[failure.type] ?? `${failure.message}.`.replace(/\.+$/, ".");
}
