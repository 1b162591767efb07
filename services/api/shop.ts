import type { Caller } from "../../core/contract.ts";
import type { Cluster } from "../define.ts";

/** The neighbours, by their contracts. */
export type Shop = Caller<Cluster>;
