import type { Caller } from "../../core/contract.ts";
import type { Cluster } from "../index.ts";

/** The neighbours, by their contracts. */
export type Shop = Caller<Cluster>;
