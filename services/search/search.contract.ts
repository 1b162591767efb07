import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { Id, Kind, MAX_AMOUNT, Nullable, Paging, Strings } from "../schemas.ts";

const Count = Type.Integer({ minimum: 0 });
const Cents = Type.Integer({ minimum: 0, maximum: MAX_AMOUNT, description: "Minor units, inclusive" });

/** What a shopper looks for; whatever is left out does not matter. */
export const Wanted = Type.Object({
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      description: "Words of the title, the seller's name or the description; the beginning of a word will do",
    }),
  ),
  kind: Type.Optional(Kind),
  seller: Type.Optional(Id),
  min: Type.Optional(Cents),
  max: Type.Optional(Cents),
  available: Type.Optional(Type.Boolean({ description: "true: what can be bought now; false: what is sold out" })),
  sort: Type.Optional(
    Type.Unsafe<Sort>({
      ...Strings(["newest", "price", "-price", "popular", "relevance"] as const),
      description: "When left out: by relevance where there is a `q`, the newest first where there is none",
    }),
  ),
  ...Paging,
});
export type Wanted = Static<typeof Wanted>;
export type Sort = "newest" | "price" | "-price" | "popular" | "relevance";

/**
 * How many items each further choice would leave. The counts of a dimension ignore what was chosen in it. Every kind and
 * every range of prices (both ends inclusive, `max` null: no end) is listed, in a fixed order, also where the count is 0.
 */
export const Facets = Type.Object({
  kind: Type.Array(Type.Object({ value: Kind, count: Count })),
  price: Type.Array(Type.Object({ min: Count, max: Nullable(Count), count: Count })),
  available: Count,
});
export type Facets = Static<typeof Facets>;

export const Suggestions = Type.Array(Type.String(), {
  maxItems: 3,
  description: "Other spellings that find something, when this one found little or nothing",
});

/** Finds published items; every replica has an index of its own, in memory. */
export const search = contract({
  name: "search",
  actions: {
    /** One page of ids. While the index is being built, the answer waits for it. */
    find: {
      params: Wanted,
      returns: Type.Object({ ids: Type.Array(Id), total: Count, facets: Facets, suggestions: Suggestions }),
      idempotent: true,
    },
  },
});
