import { contract } from "../../core/contract.ts";

/** Fills an empty shop with a catalogue to try it on; it owns nothing and nobody calls it. */
export const demo = contract({ name: "demo", actions: {} });
