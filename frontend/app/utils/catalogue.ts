import { KINDS } from "./stock.ts";
import type { Item, Kind } from "./types.ts";

export const SORTS = ["newest", "popular", "price", "-price", "relevance"] as const;
export type Sort = (typeof SORTS)[number];
/** What the catalogue shows; all of it lives in the page's address. */
export interface CatalogueQuery {
  q: string;
  kind: Kind | undefined;
  /** Undefined: the best match of a search, else the newest. */
  sort: Sort | undefined;
  page: number;
}

type Raw = Record<string, unknown>;
const oneOf = <T extends string>(all: readonly T[], value: unknown) => all.find((one) => one === value);

/** Reads an address; what makes no sense counts as left out. */
export function readCatalogueQuery(raw: Raw): CatalogueQuery {
  const page = Number(raw.page);
  return {
    q: typeof raw.q === "string" ? raw.q.trim().slice(0, 200) : "",
    kind: oneOf(KINDS, raw.kind),
    sort: oneOf(SORTS, raw.sort),
    page: Number.isInteger(page) && page >= 1 && page <= 1_000_000 ? page : 1,
  };
}

/** Writes an address, always in one order and without what goes without saying, so that a page has one address. */
export function catalogueQuery({ q, kind, sort, page }: CatalogueQuery): Record<string, string> {
  return {
    ...(q && { q }),
    ...(kind && { kind }),
    ...(sort && sort !== effectiveSort({ q, sort: undefined }) && { sort }),
    ...(page > 1 && { page: String(page) }),
  };
}

/** "relevance" means something to a search alone. */
export function effectiveSort({ q, sort }: Pick<CatalogueQuery, "q" | "sort">): Sort {
  if (sort && (q || sort !== "relevance")) return sort;
  return q ? "relevance" : "newest";
}

/** What a card needs of an item: the page carries no descriptions that it does not show. */
export type CardItem = Pick<Item, "id" | "title" | "price" | "kind" | "cover" | "stock" | "nextAt"> & {
  seller: { name: string };
};

export const cardOf = ({ id, title, price, kind, cover, stock, nextAt, seller }: Item): CardItem => ({
  id,
  title,
  price,
  kind,
  cover,
  stock,
  nextAt,
  seller: { name: seller.name },
});
