import type { Entitlement } from "../../services/delivery/entitlement.ts";
import type { Reservation } from "../../services/inventory/reservation.ts";
import type { Unit } from "../../services/inventory/unit.machine.ts";
import type { Look, Use } from "../../services/inventory/uses.ts";
import type { OrderDoc } from "../../services/orders/order.ts";
import type { Payment } from "../../services/payments/payment.machine.ts";
import type { Entry } from "../../services/waitlist/entry.machine.ts";
import type { Outcome } from "./model.ts";
import { provider, type Provider } from "./provider.ts";
import { CLOCK, type Op } from "./replay.ts";

/** Everything that outlives a process. */
export interface World {
  orders: OrderDoc[];
  payments: Payment[];
  reservations: Reservation[];
  units: Unit[];
  uses: Use[];
  entitlements: Entitlement[];
  entries: Entry[];
  provider: Provider;
  /** The intents whose secret buyers were given. */
  buyers: string[];
}

/** `now()` before every deadline, and after it. */
const EARLY = 0;
export const DEADLINE = 1_000;
/** Of a copy, in cents. */
export const PRICE = 100;
const LATE = 1_000_000_000;

/** What a verb does to the value of a cell: an answer or an error, and the value afterwards. */
export interface Result<V> {
  value?: unknown;
  error?: unknown;
  next?: V;
  mishap?: boolean;
}

type Doc = { _id: string } & Record<string, unknown>;
type Query = Record<string, unknown>;
type Update = { $set?: Record<string, unknown>; $unset?: Record<string, true>; $inc?: Record<string, number> };

const UNIQUE = ["slot", "free", "held", "returning", "place"];
const DUPLICATE = Object.assign(new Error("duplicate"), { code: 11000 });

/** The few queries that the sagas use: equality, `$in`, `$gt`, `$lt`. */
const matches = (doc: Doc, query: Query): boolean =>
  Object.entries(query).every(([field, wanted]) => {
    const value = doc[field] as string;
    if (typeof wanted !== "object" || wanted === null) return value === wanted;
    return Object.entries(wanted as Record<string, string>).every(([operator, operand]) => {
      if (operator === "$in") return (operand as unknown as string[]).includes(value);
      if (operator === "$gt") return value > operand;
      if (operator === "$lt") return value < operand;
      throw new Error(`The model knows no ${operator}`);
    });
  });

/** Fields in the order of their names, so that equal documents are equal strings. */
const updated = (doc: Doc, { $set = {}, $unset = {}, $inc = {} }: Update): Doc =>
  Object.fromEntries(
    Object.entries({ ...doc, ...$set, ...counted(doc, $inc) })
      .filter(([field, value]) => value !== undefined && !(field in $unset))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ) as Doc;
const counted = (doc: Doc, $inc: Record<string, number>) =>
  Object.fromEntries(
    Object.entries($inc).map(([field, by]) => [field, ((doc[field] as number | undefined) ?? 0) + by]),
  );
const byId = (docs: Doc[]): Doc[] => docs.toSorted((a, b) => (a._id < b._id ? -1 : 1));
const clash = (docs: Doc[], doc: Doc, unique: string[]): boolean =>
  docs.some(
    (other) => unique.some((field) => doc[field] !== undefined && other[field] === doc[field]) && other._id !== doc._id,
  );

const put = (docs: Doc[], doc: Doc): Doc[] => byId([...docs.filter(({ _id }) => _id !== doc._id), updated(doc, {})]);

/** A collection: each verb is atomic, and `unique` holds. */
const collection = {
  get: (docs: Doc[], id: string) => [{ value: docs.find(({ _id }) => _id === id) ?? null }],
  findOne: (docs: Doc[], query: Query) => [{ value: docs.find((doc) => matches(doc, query)) ?? null }],
  /** By the field of the range, or of the sort. */
  find(docs: Doc[], query: Query, { sort, limit }: { sort?: string; limit?: number } = {}) {
    const field = sort?.replace("-", "") ?? Object.keys(query)[0]!;
    const found = docs.filter((doc) => matches(doc, query));
    const sorted = found.toSorted((a, b) => ((a[field] as string) < (b[field] as string) ? -1 : 1));
    return [{ value: (sort?.startsWith("-") ? sorted.toReversed() : sorted).slice(0, limit) }];
  },
  insert(docs: Doc[], doc: Doc) {
    const taken = docs.some(({ _id }) => _id === doc._id) || clash(docs, doc, UNIQUE);
    return [taken ? { value: false } : { value: true, next: put(docs, doc) }];
  },
  claim(docs: Doc[], query: Query, update: Update, unique = UNIQUE) {
    const doc = docs.find((one) => matches(one, query));
    if (!doc) return [{ value: null }];
    const next = updated(doc, update);
    return [clash(docs, next, unique) ? { error: DUPLICATE } : { value: next, next: put(docs, next) }];
  },
  remove(docs: Doc[], query: Query) {
    const left = docs.filter((doc) => !matches(doc, query));
    return [{ value: docs.length - left.length, next: left }];
  },
  /** Which of the vacant places makes no difference, so it is the first. */
  look(docs: Doc[], { thing, cap, slot }: { thing: string; cap: number; slot: string }): Result<Doc[]>[] {
    const some = docs.filter(({ _id }) => _id.startsWith(`${thing}:`)) as unknown as Use[];
    const places = Array.from({ length: cap }, (_, n) => `${thing}:${n}`);
    const place = places.find((one) => !some.some(({ _id }) => _id === one));
    const vacant: Look = place === undefined ? { found: "full", some } : { found: "vacant", place };
    return [{ value: docs.some((doc) => doc["slot"] === slot) ? ({ found: "own" } satisfies Look) : vacant }];
  },
  /** Without any guard, for controls. */
  put: (docs: Doc[], doc: Doc) => [{ value: true, next: put(docs, doc) }],
  /**
   * A unit that is free, whichever; undefined when none is. Hints that were stale from the start need no exploring:
   * their claim fails and the process asks again, or the unit has come free meanwhile, as if it had asked later.
   */
  hint(docs: Doc[], item: string) {
    const free = docs.filter((doc) => doc["item"] === item && doc["state"] === "free");
    return free.length ? free.map(({ _id }) => ({ value: _id })) : [{ value: undefined }];
  },
};

const buyers = {
  receive: (intents: string[], intent: string) => [{ value: null, next: [...new Set([...intents, intent])].sort() }],
};

type Verbs = Record<string, (value: never, ...args: never[]) => Result<unknown>[]>;

/** Runs one operation "<cell>.<verb>" in one step. */
export function run({ port, args }: Op, world: World): Outcome<World>[] {
  const [cell, verb] = port.split(".") as [keyof World, string];
  if (port === CLOCK) return [{ answer: { value: LATE } }, { answer: { value: EARLY }, mishap: true }];
  const verbs = (cell === "provider" ? provider : cell === "buyers" ? buyers : collection) as Verbs;
  const results = verbs[verb]!(world[cell] as never, ...(args as never[]));
  return results.map(({ value, error, next, mishap = false }) => ({
    answer: error === undefined ? { value } : { error },
    ...(next !== undefined && { set: { [cell]: next } as Partial<World> }),
    mishap,
  }));
}

/**
 * Whether an operation that changes nothing will come to the same for ever. Versions only grow, no document but a use
 * is ever removed, and what is over stays as it is (a property that is checked at every change).
 */
export function settled({ port, args }: Op, world: World): boolean {
  const [cell, verb] = port.split(".") as [keyof World, string];
  if (cell === "provider")
    return (
      (verb === "cancel" || verb === "retrieve") &&
      world.provider.intents.some((one) => one.id === args[0] && isOver(one))
    );
  const docs = world[cell] as unknown as Doc[] | undefined;
  if (!docs || cell === "buyers") return false;
  const [what] = args as [Query];
  const doc = docs.find(({ _id }) => _id === (verb === "get" ? what : what["_id"]));
  if (verb === "insert") return cell !== "uses" && doc !== undefined;
  if (verb === "findOne") return docs.some((one) => isOver(one) && matches(one, what));
  const isOutdated = verb === "claim" && what["v"] !== undefined && (doc!["v"] as number) > (what["v"] as number);
  return isOutdated || (doc !== undefined && isOver(doc));
}

const OVER = ["rejected", "expired", "cancelled", "refunded", "revoked", "retired", "succeeded", "canceled"];

/** An order, payment, reservation, unit, entitlement or intent that no command may change any more. */
export function isOver(one: object): boolean {
  const { state, status, intent, clear } = one as {
    state?: string;
    status?: string;
    intent?: string | null;
    clear?: true;
  };
  return clear === true || OVER.includes(status ?? (state === "succeeded" && intent !== undefined ? "" : state) ?? "");
}
