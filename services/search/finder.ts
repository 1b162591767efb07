import type { ItemDoc } from "../items/items.contract.ts";
import { DEFAULT_PAGE_SIZE } from "../schemas.ts";
import { rangeOf, Sieve, type Traits } from "./facets.ts";
import { FullText, type Hit } from "./fulltext.ts";
import type { Facets, Sort, Wanted } from "./search.contract.ts";

interface Entry extends Traits {
  id: string;
  publishedAt: number;
  sales: number;
}

interface Found {
  ids: string[];
  total: number;
  facets: Facets;
  suggestions: string[];
}

const newest = (a: Entry, b: Entry) => b.publishedAt - a.publishedAt || (a.id < b.id ? 1 : -1);
const orders: Record<Exclude<Sort, "relevance">, (a: Entry, b: Entry) => number> = {
  newest,
  price: (a, b) => a.price - b.price || newest(a, b),
  "-price": (a, b) => b.price - a.price || newest(a, b),
  popular: (a, b) => b.sales - a.sales || newest(a, b),
};

/** What is on sale, in memory: its words, and what it is chosen and sorted by. */
export class Finder {
  readonly #text = new FullText<Entry>();
  readonly #entries = new Map<string, Entry>();
  /** Of every item ever seen, so that no older document follows a newer one. */
  readonly #versions = new Map<string, number>();
  readonly #sorted = new Map<Sort, Entry[]>();

  /** Takes a document in, unless it knows it already, or a later one. What has no copies to run out of is available. */
  put(doc: ItemDoc): void {
    const { _id: id, v, state, title, description, kind, seller, price, publishedAt, sales } = doc;
    const known = this.#versions.get(id) ?? 0;
    if (known > v) return;
    const entry = this.#entries.get(id);
    if (known === v) {
      // Only the count of sales moves without a new version.
      if (entry && entry.sales !== sales) this.#sorted.delete("popular");
      if (entry) entry.sales = sales;
      return;
    }
    this.#versions.set(id, v);
    if (state !== "published" && !entry) return;
    this.#sorted.clear();
    this.#entries.delete(id);
    if (entry) this.#text.drop(entry);
    if (state !== "published") return;
    const available = kind === "unlimited" || (entry?.available ?? true);
    const traits = { kind, seller: seller.id, price, range: rangeOf(price), available };
    const next = { id, ...traits, publishedAt: publishedAt ?? 0, sales };
    this.#entries.set(id, next);
    this.#text.put(next, { title, seller: seller.name, description });
  }

  /** Whether it is on sale and may run out of copies. */
  counts(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && entry.kind !== "unlimited";
  }

  setAvailable(id: string, available: boolean): void {
    const entry = this.#entries.get(id);
    if (entry) entry.available = available;
  }

  find(wanted: Wanted): Found {
    const { q = "", page = 1, pageSize = DEFAULT_PAGE_SIZE } = wanted;
    const match = this.#text.find(q);
    const hits = match?.hits;
    const { sort = hits ? "relevance" : "newest" } = wanted;
    const candidates = hits && sort === "relevance" ? this.#ranked(hits) : this.#inOrder(sort, hits);
    const sieve = new Sieve(wanted);
    const taken = candidates.filter((entry) => sieve.takes(entry));
    const ids = taken.slice((page - 1) * pageSize, page * pageSize).map(({ id }) => id);
    return { ids, total: taken.length, facets: sieve.facets, suggestions: match?.suggestions ?? [] };
  }

  /** The best first, and of equals the newest, so that every replica answers alike. */
  #ranked(hits: Map<Entry, Hit>): Entry[] {
    const ranked = [...hits].map(([entry, { score }]) => ({ score, entry }));
    return ranked.sort((a, b) => b.score - a.score || newest(a.entry, b.entry)).map(({ entry }) => entry);
  }

  /** Sorted once per order and change; of it what was found, when there was something to find. */
  #inOrder(sort: Sort, hits?: Map<Entry, Hit>): Entry[] {
    const order = sort === "relevance" ? "newest" : sort;
    let sorted = this.#sorted.get(order);
    if (!sorted) this.#sorted.set(order, (sorted = [...this.#entries.values()].sort(orders[order])));
    return hits ? sorted.filter((entry) => hits.has(entry)) : sorted;
  }
}
