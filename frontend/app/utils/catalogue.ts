import { euroText, parseEuros } from "./money.ts";
import type { Params } from "./routes.ts";
import { KINDS } from "./stock.ts";
import type { Kind } from "./types.ts";

export const SORTS = ["newest", "popular", "price", "-price", "relevance"] as const;
export type Sort = (typeof SORTS)[number];
/** Cards on a page of results: fills rows of two, three and four, and keeps the page small. */
export const PAGE_SIZE = 12;
/** The longest search that the shop takes. */
const MAX_WORDS = 100;

/** What a search shows; all of it lives in the page's address. */
export interface CatalogueQuery {
  q: string;
  kind: Kind | undefined;
  /** Prices in cents, both ends inclusive; the address has them in euros, as a person types them. */
  min: number | undefined;
  max: number | undefined;
  /** Only what can be bought now. */
  available: boolean;
  /** Undefined: the best match of a search, else the newest. */
  sort: Sort | undefined;
  page: number;
}

type Raw = Record<string, unknown>;
const oneOf = <T extends string>(all: readonly T[], value: unknown) => all.find((one) => one === value);
const cents = (value: unknown) => (typeof value === "string" ? parseEuros(value) : undefined);

/** Reads an address, or the form that becomes one; what makes no sense counts as left out. */
export function readCatalogueQuery(raw: Raw): CatalogueQuery {
  const page = Number(raw.page);
  return {
    q: typeof raw.q === "string" ? raw.q.trim().slice(0, MAX_WORDS) : "",
    kind: oneOf(KINDS, raw.kind),
    min: cents(raw.min),
    max: cents(raw.max),
    available: raw.available === "1",
    sort: oneOf(SORTS, raw.sort),
    page: Number.isInteger(page) && page >= 1 && page <= 9999 ? page : 1,
  };
}

/** 500 → "5", 499 → "4.99" */
export const priceText = (amount: number) => euroText(amount).replace(/\.00$/, "");

/** Writes an address, always in one order and without what goes without saying, so that a page has one address. */
export function catalogueQuery(query: CatalogueQuery): Record<string, string> {
  const { q, kind, min, max, available, sort, page } = query;
  return {
    ...(q && { q }),
    ...(kind && { kind }),
    ...(min !== undefined && { min: priceText(min) }),
    ...(max !== undefined && { max: priceText(max) }),
    ...(available && { available: "1" }),
    ...(sort && sort !== effectiveSort({ q, sort: undefined }) && { sort }),
    ...(page > 1 && { page: String(page) }),
  };
}

/** Where a search stands, with some of it changed: on its first page, unless that is what changes. */
export const searchLink = (query: CatalogueQuery, change: Partial<CatalogueQuery> = {}) => ({
  path: "/search",
  query: catalogueQuery({ ...query, page: 1, ...change }),
});

export const nothingAsked = readCatalogueQuery({});

/** Is anything left out of what the shop has? */
export const isNarrowed = ({ q, kind, min, max, available }: CatalogueQuery) =>
  Boolean(q || kind || available || min !== undefined || max !== undefined);

/** The same, as the shop is asked. */
export function wantedOf(query: CatalogueQuery): Params<"items.search"> {
  const { q, kind, min, max, available, page } = query;
  return {
    q: q || undefined,
    kind,
    min,
    max,
    available: available || undefined,
    sort: effectiveSort(query),
    page,
    pageSize: PAGE_SIZE,
  };
}

/** "relevance" means something to a search alone. */
export function effectiveSort({ q, sort }: Pick<CatalogueQuery, "q" | "sort">): Sort {
  if (sort && (q || sort !== "relevance")) return sort;
  return q ? "relevance" : "newest";
}
