import { keysOf } from "../../core/store.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { DEFAULT_PAGE_SIZE } from "../schemas.ts";
import type { OrderDoc } from "./order.ts";
import { salesIn, summary, type Summary } from "./sales.ts";
import { toSales } from "./view.ts";

type Orders = Collection<OrderDoc>;

/** How many of the seller's orders add the same to their totals. */
const countsOf = async (db: Orders, seller: string) => (await db.tally([seller])).get(seller)!;

/** Costs as much as there are different sums and days, and no order is read. */
export const summaryOf = async (db: Orders, seller: string, now: number): Promise<Summary> =>
  summary(await countsOf(db, seller), now);

/** One page of what was sold, the newest first. */
export async function salesPage(
  db: Orders,
  seller: string,
  { page = 1, pageSize = DEFAULT_PAGE_SIZE }: { page?: number | undefined; pageSize?: number | undefined },
  feePercent: number,
) {
  const total = salesIn(await countsOf(db, seller));
  const [from, to] = [(page - 1) * pageSize, page * pageSize];
  if (from >= total) return { rows: [], total, page, pageSize };
  // An order has a row for each of its lines, so where a page begins is found by reading what is before it.
  const sold = await db.find({ soldBy: keysOf(seller) }, { sort: "-soldBy", limit: to });
  return { rows: sold.flatMap((order) => toSales(order, feePercent)).slice(from, to), total, page, pageSize };
}
