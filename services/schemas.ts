import { Type, type Static, type TSchema } from "typebox";

/** Shapes that several contracts share. Units: money in minor units (cents), times ISO 8601 UTC in replies and ms since the epoch between services. */

export const Id = Type.String({ minLength: 1, maxLength: 100, description: "An opaque id" });
export const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });
export const Millis = Type.Integer({ minimum: 0, description: "Milliseconds since the epoch" });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** One of these strings. */
export const Strings = <const S extends readonly string[]>(values: S) => Type.Unsafe<S[number]>(Type.Enum([...values]));

/** Prices and totals: Stripe takes no charge below 50 cents or above 999,999.99. */
export const MIN_AMOUNT = 50;
export const MAX_AMOUNT = 99_999_999;
export const CURRENCY = "eur";
export const Price = Type.Object({
  amount: Type.Integer({ minimum: MIN_AMOUNT, maximum: MAX_AMOUNT, description: "Minor units, tax included" }),
  currency: Type.Literal(CURRENCY),
});
/** A sum in a reply: also zero, also above what one order may cost. */
export const Sum = Type.Object({ amount: Type.Integer({ minimum: 0 }), currency: Type.Literal(CURRENCY) });
export type Sum = Static<typeof Sum>;
export const money = (amount: number): Sum => ({ amount, currency: CURRENCY });

export const KINDS = ["unique", "edition", "keys", "unlimited"] as const;
export const Kind = Strings(KINDS);
export type Kind = Static<typeof Kind>;

export const Person = Type.Object({ id: Id, name: Type.String() });
export type Person = Static<typeof Person>;

/** How many lines an order has at most, and how many copies of one item. */
export const MAX_LINES = 10;
export const MAX_QUANTITY = 20;

/** total = available + held + sold; null in an item for unlimited goods. */
export const Stock = Type.Object({
  total: Type.Integer({ minimum: 0 }),
  available: Type.Integer({ minimum: 0 }),
  held: Type.Integer({ minimum: 0 }),
  sold: Type.Integer({ minimum: 0 }),
});
export type Stock = Static<typeof Stock>;

export const FILENAME = "^[A-Za-z0-9_-][A-Za-z0-9 ._-]*$";
export const Filename = Type.String({
  minLength: 1,
  maxLength: 120,
  pattern: FILENAME,
  description: "Letters, digits, space and ._-, no leading dot",
});
export const FileInfo = Type.Object({ filename: Filename, size: Type.Integer({ minimum: 0 }), type: Type.String() });
export type FileInfo = Static<typeof FileInfo>;

export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;
export const Paging = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE })),
};
export const ListOf = <T extends TSchema>(row: T) =>
  Type.Object({
    rows: Type.Array(row),
    total: Type.Integer({ minimum: 0 }),
    page: Type.Integer({ minimum: 1 }),
    pageSize: Type.Integer({ minimum: 1 }),
  });

/** R9: every owner of state reads itself out, by `_id`, page by page; `next` is null at the end. Documents as stored, secrets left out. */
export const Changes = {
  params: Type.Object({
    after: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 })),
  }),
  returns: Type.Object({
    rows: Type.Array(Type.Unsafe<Record<string, unknown> & { _id: string }>(Type.Object({}))),
    next: Nullable(Type.String()),
  }),
  idempotent: true,
} as const;

/** A document between services; its writer answers for its shape. */
export const Stored = <D>() => Type.Unsafe<D>(Type.Unknown());

/** One round of the service's sweeper now, for operators: how many overdue documents it drove. */
export const Sweep = {
  params: Type.Object({}),
  returns: Type.Object({ driven: Type.Integer() }),
  idempotent: true,
} as const;

export const Nothing = Type.Null();
export const NoParams = Type.Object({});

/** The languages that the shop speaks; English where nobody knows better. */
export const Lang = Strings(["en", "de"] as const);
export type Lang = Static<typeof Lang>;
