import type { Collection, Doc } from "./db/collection.ts";

/** How many documents a page of `changes` has when nobody says, and at most. */
const PAGE = 1000;

/**
 * R9: one page of a collection by `_id`, for whoever builds a projection or audits the store.
 * `hide` names fields that never leave the service.
 */
export async function changes<D extends Doc>(
  db: Collection<D>,
  { after = "", limit = PAGE }: { after?: string; limit?: number },
  hide: (keyof D)[] = [],
): Promise<{ rows: (Record<string, unknown> & { _id: string })[]; next: string | null }> {
  const rows = await db.find({ _id: { $gt: after } }, { sort: "_id", limit });
  for (const row of rows) for (const field of hide) delete row[field];
  return { rows: rows as never, next: rows.length < limit ? null : rows.at(-1)!._id };
}
