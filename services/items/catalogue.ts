import { changes } from "../../mixins/changes.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import type { ItemDoc } from "./item.ts";

export type Sort = "newest" | "price" | "-price" | "popular" | "relevance";

export interface Search {
  q?: string | undefined;
  kind?: string | undefined;
  /** Everything of this seller, drafts included; otherwise published items alone. */
  own?: string | undefined;
  seller?: string | undefined;
  sort?: Sort | undefined;
  skip: number;
  limit: number;
}

const newest = (a: ItemDoc, b: ItemDoc) =>
  (b.publishedAt ?? b.createdAt) - (a.publishedAt ?? a.createdAt) || (a._id < b._id ? 1 : -1);
const orders: Record<Sort, (a: ItemDoc, b: ItemDoc) => number> = {
  newest,
  price: (a, b) => a.price - b.price || newest(a, b),
  "-price": (a, b) => b.price - a.price || newest(a, b),
  popular: (a, b) => b.sales - a.sales || newest(a, b),
  // Substrings have no ranking; the newest match comes first.
  relevance: newest,
};

/** All items in memory, sorted once per order and change: a page of the catalogue costs the rows it shows. */
export class Catalogue {
  #items = new Map<string, ItemDoc>();
  #sorted = new Map<Sort, ItemDoc[]>();

  /** Takes a document in, unless a later version is known already. */
  put(doc: ItemDoc): void {
    const known = this.#items.get(doc._id);
    if (known && known.v > doc.v) return;
    if (known?.v === doc.v) {
      // Only the count of sales moves without a new version, and only one order depends on it.
      if (known.sales !== doc.sales) this.#sorted.delete("popular");
      known.sales = doc.sales;
      return;
    }
    this.#items.set(doc._id, doc);
    this.#sorted.clear();
  }

  /** Takes all documents in, page by page (R9). */
  async refresh(db: Collection<ItemDoc>): Promise<void> {
    for (let after: string | null = ""; after !== null;) {
      const page: { rows: unknown[]; next: string | null } = await changes(db, { after });
      for (const doc of page.rows as ItemDoc[]) this.put(doc);
      after = page.next;
    }
  }

  /** Those of these items that there are, in this order. */
  all(ids: string[]): ItemDoc[] {
    return ids.flatMap((id) => this.#items.get(id) ?? []);
  }

  /** Whatever their state. */
  ofSeller(id: string): ItemDoc[] {
    return [...this.#items.values()].filter(({ seller }) => seller.id === id);
  }

  list({ q, kind, own, seller, sort = "newest", skip, limit }: Search): { docs: ItemDoc[]; total: number } {
    const words = q?.trim().toLowerCase();
    const wanted = (doc: ItemDoc) =>
      (!kind || doc.kind === kind) &&
      (!seller || doc.seller.id === seller) &&
      (!words || doc.title.toLowerCase().includes(words));
    if (own !== undefined) {
      const docs = [...this.#items.values()]
        .filter((doc) => doc.seller.id === own && wanted(doc))
        .toSorted(orders[sort]);
      return { docs: docs.slice(skip, skip + limit), total: docs.length };
    }
    const published = this.#published(sort);
    const docs = kind || seller || words ? published.filter(wanted) : published;
    return { docs: docs.slice(skip, skip + limit), total: docs.length };
  }

  #published(sort: Sort): ItemDoc[] {
    let sorted = this.#sorted.get(sort);
    if (!sorted) {
      sorted = [...this.#items.values()].filter(({ state }) => state === "published").sort(orders[sort]);
      this.#sorted.set(sort, sorted);
    }
    return sorted;
  }
}
