import type { TObject } from "typebox";

/** Every document has a string id. */
export interface Doc {
  _id: string;
}

/**
 * A query that both stores understand alike: a string, number or boolean for equality, `$in`, `$gt $gte $lt $lte`,
 * `$exists`, and dotted paths. Anything else throws, and so does a field that is not in the schema: `$ne`, `$nin`
 * and null differ between the stores, `$or` and `$where` scan.
 */
export type Query = Record<string, unknown>;

/** An update that both stores understand alike. A field that is set to undefined is removed. */
export interface Update<D extends Doc> {
  $set?: Partial<Omit<D, "_id">>;
  $unset?: { [K in keyof Omit<D, "_id">]?: true };
  $inc?: { [K in keyof D]?: number };
  $push?: { [K in keyof D]?: { $each: unknown[]; $slice?: number } };
  $pull?: { [K in keyof D]?: unknown };
}

export interface FindOptions {
  /** A field, with "-" before it for descending order; `_id` decides between equals. */
  sort?: string;
  limit?: number;
  skip?: number;
}

/**
 * The one small surface over NeDB and MongoDB. What it answers is a copy: change it freely. An answer waits until
 * what it rests on is kept, so that a crash takes nothing back that anybody saw.
 */
export interface Collection<D extends Doc> {
  get(id: string): Promise<D | null>;
  findOne(query: Query): Promise<D | null>;
  /** Without `sort`, a range on an indexed field is answered in the order of that field. */
  find(query: Query, options?: FindOptions): Promise<D[]>;
  count(query: Query): Promise<number>;
  /** False when its `_id` or another unique key is taken: then nothing is written. */
  insert(doc: D): Promise<boolean>;
  /** How many were new; those whose `_id` is taken are skipped. Throws, for `isDuplicate`, when another unique key is taken: the rest is in. */
  insertMany(docs: D[]): Promise<number>;
  /**
   * The guarded write: changes ONE document that still matches and returns it as it is now, or null if none matched.
   * Throws an error for which `isDuplicate` holds when the change would break a unique index; nothing is written then.
   */
  claim(query: Query, update: Update<D>): Promise<D | null>;
  /** How many were removed. */
  remove(query: Query): Promise<number>;
  /** Counts for each of these values of `by`, as declared by `tally`: `Map<by, {[of]: n}>`. Exact; embedded, it reads counters. */
  tally(values: string[]): Promise<Map<string, Record<string, number>>>;
}

interface Index {
  field: string;
  unique?: boolean;
  /** Documents without the field are not in the index. */
  sparse?: boolean;
}

/** What a collection is: its name, the schema of its documents (their top-level fields), its indexes. */
export interface CollectionSpec {
  name: string;
  schema: TObject;
  indexes?: Index[];
  /** Keeps counts of documents by the value of `of`, for each value of `by`; both are strings. */
  tally?: { by: string; of: string };
  /** Writes resolve only after the data lies on the disk (embedded: a group-committed fdatasync; MongoDB: w majority, j). */
  durable?: boolean;
}

export const isDuplicate = (error: unknown): boolean => {
  const { code, errorType } = (error ?? {}) as { code?: unknown; errorType?: unknown };
  return code === 11000 || errorType === "uniqueViolated";
};
