import type { TObject } from "typebox";

/** Every document has a string id. */
export interface Doc {
  _id: string;
}

/**
 * A query that both stores understand alike: equality, `$in`, `$gt $gte $lt $lte`, `$exists`, dotted paths.
 * Not `$nin`, `$ne` on arrays, `$or` or `$where`: they differ, or they scan.
 * NeDB uses the LAST indexed key of a query, so put `_id` last.
 */
export type Query = Record<string, unknown>;

/** An update that both stores understand alike. */
export interface Update<D extends Doc> {
  $set?: Partial<Omit<D, "_id">>;
  $unset?: { [K in keyof Omit<D, "_id">]?: true };
  $inc?: { [K in keyof D]?: number };
  $push?: { [K in keyof D]?: { $each: unknown[]; $slice?: number } };
  $pull?: { [K in keyof D]?: unknown };
}

/** The one small surface over NeDB and MongoDB. What it answers is a copy: change it freely. */
export interface Collection<D extends Doc> {
  get(id: string): Promise<D | null>;
  findOne(query: Query): Promise<D | null>;
  /** `sort` is a field, with "-" before it for descending order. */
  find(query: Query, options?: { sort?: string; limit?: number; skip?: number }): Promise<D[]>;
  count(query: Query): Promise<number>;
  /** False when its `_id` or another unique key is taken: then nothing is written. */
  insert(doc: D): Promise<boolean>;
  /** How many were new; those whose `_id` is taken are skipped. */
  insertMany(docs: D[]): Promise<number>;
  /**
   * The guarded write: changes ONE document that still matches and returns it as it is now, or null if none matched.
   * Throws an error for which `isDuplicate` holds when the change would break a unique index; nothing is written then.
   */
  claim(query: Query, update: Update<D>): Promise<D | null>;
  /** How many were removed. */
  remove(query: Query): Promise<number>;
  /** Counts per group, as declared by `tally`, exact and without a scan in one process: `Map<by, {[of]: n}>`. */
  tally(values: string[]): Promise<Map<string, Record<string, number>>>;
}

export interface Index {
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
  /** Keeps counts of documents by the value of `of`, for each value of `by`. */
  tally?: { by: string; of: string };
  /** Writes resolve only after the data lies on the disk (embedded: a group-committed fdatasync; MongoDB: w majority, j). */
  durable?: boolean;
}

export const isDuplicate = (error: unknown): boolean => {
  const { code, errorType } = (error ?? {}) as { code?: unknown; errorType?: unknown };
  return code === 11000 || errorType === "uniqueViolated";
};
