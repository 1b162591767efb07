import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { NoParams } from "../schemas.ts";

/** One broken invariant: its name and the document that breaks it. */
export const Fault = Type.Object({
  rule: Type.String(),
  service: Type.String(),
  id: Type.String(),
  detail: Type.String(),
});
export type Fault = Static<typeof Fault>;

export const audit = contract({
  name: "audit",
  actions: {
    /** Reads every store twice and reports what breaks an invariant in both readings, so that work in flight is no fault. */
    run: {
      params: NoParams,
      returns: Type.Object({ faults: Type.Array(Fault), counted: Type.Record(Type.String(), Type.Integer()) }),
    },
  },
});
