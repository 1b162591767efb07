import type { Caller } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { Cluster } from "../define.ts";
import type { Stock } from "../schemas.ts";
import type { Counted, ItemDoc } from "./item.ts";

/** How long inventory may take for a large edition or a long list of keys, ms. */
export const PROVISION_WITHIN = 60_000;
/** Of how many items the stock is asked for in one call. */
const BATCH = 500;

/** The stock of these items, counted by inventory now; unlimited goods have none. */
export async function count(broker: Caller<Cluster>, docs: ItemDoc[]): Promise<Map<string, Counted>> {
  const items = docs.filter(({ kind }) => kind !== "unlimited").map(({ _id }) => _id);
  const counts = new Map<string, Counted>();
  for (let from = 0; from < items.length; from += BATCH) {
    const counted = await broker.call("inventory.stock", { items: items.slice(from, from + BATCH) });
    for (const { item, ...stock } of counted) counts.set(item, stock);
  }
  return counts;
}

export const provision = (broker: Caller<Cluster>, item: string, total: number): Promise<Stock> =>
  broker.call("inventory.provision", { item, total }, { timeout: PROVISION_WITHIN });

/** Brings an edition to so many copies, or refuses: what is held or sold cannot be taken back. */
export async function resize(broker: Caller<Cluster>, doc: ItemDoc, total: number): Promise<void> {
  const item = doc._id;
  const { stock, nextAt } = (await count(broker, [doc])).get(item)!;
  const refuse = ({ available, held }: Stock) =>
    fail("SOLD_OUT", {
      itemId: item,
      available,
      held,
      nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
    });
  if (total < stock.held + stock.sold) throw refuse(stock);
  const resized = await provision(broker, item, total);
  if (resized.total > total) throw refuse(resized);
}
