import type { ServiceBroker } from "moleculer";
import type { Caller } from "../core/contract.ts";
import type { Cluster } from "../services/define.ts";

/** The node that operators' commands are given at: a bare one of the cluster, or the shop in one process. */
export type Node = Omit<ServiceBroker, "call"> & Caller<Cluster>;

/** What the words after an operation's name said. */
export interface Asked {
  /** The id, item, node or service; empty when it was left out. */
  target: string;
  flags: Record<string, string | undefined>;
  /** For calls that leave an audit record. */
  operator: string;
}

/** Where the result is shown. */
export interface Screen {
  /** Characters in a line. */
  width: number;
  /** ms since the epoch. */
  now: number;
}

interface Result {
  /** Plain JSON, for `--json`. */
  data: unknown;
  /** The same for people. */
  show(screen: Screen): string;
  /** Something is wrong in the shop: the exit code is 1. */
  bad?: boolean;
}

export interface Operation {
  /** One or two words: "orders explain". */
  name: string;
  /** "<id>" where it needs one, "[service]" where it may be left out. */
  target?: string;
  /** The flags of its own, each with what to write after it. */
  flags?: Record<string, string>;
  summary: string;
  examples: readonly string[];
  /** What may stand for the target, for completion. */
  targets?(node: Node): Promise<string[]> | string[];
  /** What may follow a flag, for completion. */
  values?: Record<string, readonly string[]>;
  /** It changes something: what to ask before. */
  question?(target: string): string;
  run(node: Node, asked: Asked): Promise<Result>;
}

/** How it is written: "orders list [--state STATE] [--limit N]". */
export const usage = ({ name, target, flags = {} }: Operation): string =>
  [name, target, ...Object.entries(flags).map(([flag, value]) => `[--${flag} ${value}]`)].filter(Boolean).join(" ");

/** What the operator wrote cannot be done; the message says why. */
export class UsageError extends Error {}

/** A whole number in a flag; throws a UsageError. */
export function numberIn(flags: Asked["flags"], name: string, { most, fallback }: { most: number; fallback: number }) {
  const text = flags[name];
  if (text === undefined) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= 1 && value <= most)) throw new UsageError(`--${name} should be a whole number from 1 to ${most}`);
  return value;
}
