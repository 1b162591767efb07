import type { CollectionSpec, Doc, Query, Update } from "./collection.ts";

const OPERATORS = new Set(["$in", "$gt", "$gte", "$lt", "$lte", "$exists"]);
const MODIFIERS = new Set(["$set", "$unset", "$inc", "$push", "$pull"]);

/**
 * Holds queries, updates and documents to what both stores understand alike, and to the fields of the collection.
 * A mistyped field in a guard would match every document, or none: that is a fault of ours, and throws.
 */
export class Shape<D extends Doc> {
  readonly #name: string;
  readonly #fields: Set<string>;

  constructor({ name, schema }: CollectionSpec) {
    this.#name = name;
    this.#fields = new Set(["_id", ...Object.keys(schema.properties)]);
  }

  query(query: Query): Query {
    for (const path in query) {
      this.#known(path);
      const value = query[path];
      if (isPlain(value)) continue;
      const operators = value === null || typeof value !== "object" ? [] : Object.keys(value);
      if (operators.length === 0 || !operators.every((operator) => OPERATORS.has(operator))) {
        throw new TypeError(
          `${this.#name}: a query asks ${path} for something that the stores do not understand alike`,
        );
      }
    }
    return query;
  }

  doc(doc: D): D {
    if (typeof doc._id !== "string" || doc._id === "") throw new TypeError(`${this.#name}: an _id is a string`);
    for (const field in doc) this.#known(field);
    return doc;
  }

  /** The update with its undefined values as `$unset`: NeDB would remove such a field, MongoDB would not touch it. */
  update(update: Update<D>): Update<D> {
    for (const modifier in update) {
      if (!MODIFIERS.has(modifier)) throw new TypeError(`${this.#name}: unknown modifier ${modifier}`);
      for (const path in update[modifier as keyof Update<D>]) this.#known(path);
    }
    const set: Record<string, unknown> = update.$set ?? {};
    const absent = Object.keys(set).filter((field) => set[field] === undefined);
    if (absent.length === 0) return update;
    const $set = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
    const $unset = { ...update.$unset, ...Object.fromEntries(absent.map((field) => [field, true])) };
    return { ...update, $set, $unset } as Update<D>;
  }

  #known(path: string): void {
    const dot = path.indexOf(".");
    const field = dot < 0 ? path : path.slice(0, dot);
    if (!this.#fields.has(field)) throw new TypeError(`${this.#name}: unknown field ${field}`);
  }
}

/** A value that stands for equality. Null does not: MongoDB also finds documents without the field by it. */
export const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** The bounds a query sets for an indexed field, when it is read in the order of that index. */
export interface Bounds {
  $gt?: unknown;
  $gte?: unknown;
  $lt?: unknown;
  $lte?: unknown;
}

export function boundsOf(value: unknown): Bounds | undefined {
  if (value === null || typeof value !== "object") return undefined;
  return "$gt" in value || "$gte" in value || "$lt" in value || "$lte" in value ? value : undefined;
}

export interface Order {
  field: string;
  descending: boolean;
}

/** "createdAt" or "-createdAt". */
export function orderOf(sort: string | undefined): Order | undefined {
  if (!sort) return undefined;
  return sort.startsWith("-") ? { field: sort.slice(1), descending: true } : { field: sort, descending: false };
}
