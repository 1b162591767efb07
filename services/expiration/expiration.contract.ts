import { contract } from "../../core/contract.ts";

/** Wakes orders up on time; it never decides anything and owns nothing. */
export const expiration = contract({ name: "expiration", actions: {} });
