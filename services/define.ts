import { serviceDefiner } from "../core/contract.ts";
import * as cluster from "./index.ts";

/** The table of `index.ts` as a value: what can be called in the cluster, and what can happen. */
export { cluster };
export type Cluster = typeof cluster;

/** Holds a service to its contract, and types its calls, facts and hints by all of them. */
export const defineService = serviceDefiner<Cluster>();
