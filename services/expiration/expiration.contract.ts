import { Type } from "typebox";
import { contract } from "../../core/contract.ts";
import { NoParams, Nullable } from "../schemas.ts";

/** Wakes orders up on time; it never decides anything and owns nothing. */
export const expiration = contract({
  name: "expiration",
  actions: {
    /** How the wake-ups stand, over all replicas where Redis keeps them. For operators. */
    queue: {
      params: NoParams,
      returns: Type.Object({
        waiting: Type.Integer({ description: "Due, and not begun" }),
        delayed: Type.Integer({ description: "Not due yet, or waiting for another attempt" }),
        active: Type.Integer({ description: "Running now" }),
        failed: Type.Integer({ description: "Given up after all attempts, ever since the queue exists" }),
        next: Nullable(Type.Integer({ description: "When the next of the delayed ones is due, ms since the epoch" })),
      }),
      errors: ["TRY_AGAIN"],
      idempotent: true,
    },
  },
});
