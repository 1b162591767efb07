import { Type } from "typebox";
import { contract } from "../../core/contract.ts";

/** Stripe's wire API, for development, tests and demos. The gateway passes `/v1` here as it came. */
export const sandbox = contract({
  name: "sandbox",
  actions: {
    request: {
      params: Type.Object({
        method: Type.String(),
        /** Path with query, from `/v1`. */
        path: Type.String(),
        headers: Type.Record(Type.String(), Type.String()),
        body: Type.String(),
      }),
      returns: Type.Object({
        status: Type.Integer(),
        headers: Type.Record(Type.String(), Type.String()),
        body: Type.String(),
      }),
    },
  },
});
