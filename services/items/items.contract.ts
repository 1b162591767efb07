import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { Facets, Suggestions, Wanted } from "../search/search.contract.ts";
import {
  Changes,
  FileInfo,
  Filename,
  Id,
  Kind,
  ListOf,
  Millis,
  Nothing,
  Nullable,
  Paging,
  Person,
  Price,
  Stock,
  Stored,
  Strings,
  Sweep,
  Time,
} from "../schemas.ts";
import { coverActions } from "./cover.contract.ts";
import type { ItemDoc } from "./item.ts";

/** What `changes` reads out. */
export type { ItemDoc } from "./item.ts";

const MAX_COPIES = 100_000;
export const MAX_FILES = 100;
const MAX_KEYS_PER_CALL = 10_000;
/** How many items a page of `onSale` has at most. */
export const MAX_ON_SALE = 5000;

export const Item = Type.Object({
  id: Id,
  status: Strings(["draft", "published", "retired"] as const),
  title: Type.String(),
  description: Type.String(),
  price: Price,
  kind: Kind,
  seller: Person,
  cover: Nullable(Type.String()),
  files: Type.Array(FileInfo),
  perBuyer: Nullable(Type.Integer({ minimum: 1 })),
  stock: Nullable(Stock),
  nextAt: Nullable(Time),
  createdAt: Time,
  publishedAt: Nullable(Time),
});
export type Item = Static<typeof Item>;

const Title = Type.String({ minLength: 1, maxLength: 120 });
const Description = Type.String({ maxLength: 10_000, description: "Markdown" });
const PerBuyer = Nullable(Type.Integer({ minimum: 1, maximum: MAX_COPIES }));
const Copies = Type.Integer({ minimum: 1, maximum: MAX_COPIES });
const common = { title: Title, description: Description, price: Price, perBuyer: Type.Optional(PerBuyer) };

export const UploadedFile = Type.Object({ ...FileInfo.properties, sha256: Type.String(), uploadedAt: Time });
/** A file as the store keeps it: `blob` names the bytes. */
export const StoredFile = Type.Object({
  ...FileInfo.properties,
  sha256: Type.String(),
  blob: Type.String(),
  uploadedAt: Millis,
  removedAt: Type.Optional(Millis),
});
export type StoredFile = Static<typeof StoredFile>;

/** What an order needs to know of an item, frozen into its lines. */
const Quote = Type.Object({
  id: Id,
  title: Type.String(),
  kind: Kind,
  price: Type.Integer(),
  seller: Person,
  perBuyer: Nullable(Type.Integer()),
  forSale: Type.Boolean(),
});
export type Quote = Static<typeof Quote>;

/** `since` is when their first item went on sale; what they retired counts in `sold` still. */
const SellerPage = Type.Object({
  ...Person.properties,
  since: Time,
  items: Type.Integer({ minimum: 1 }),
  sold: Type.Integer({ minimum: 0 }),
});

const ById = Type.Object({ id: Id });

export const items = contract({
  name: "items",
  actions: {
    list: {
      rest: "GET /api/items",
      auth: "anyone",
      summary: "The catalogue; `seller=me` shows one's own, drafts included",
      params: Type.Object({
        q: Type.Optional(Type.String({ maxLength: 200 })),
        kind: Type.Optional(Kind),
        seller: Type.Optional(Id),
        sort: Type.Optional(Strings(["newest", "price", "-price", "popular", "relevance"] as const)),
        ...Paging,
      }),
      returns: ListOf(Item),
      errors: ["SIGN_IN_REQUIRED"],
    },
    search: {
      rest: "GET /api/search",
      auth: "anyone",
      summary: "Finds what is on sale, with what further choices would leave",
      params: Wanted,
      returns: Type.Object({ ...ListOf(Item).properties, facets: Facets, suggestions: Suggestions }),
    },
    seller: {
      rest: "GET /api/sellers/:id",
      auth: "anyone",
      summary: "Who sells: since when, how many items are on sale, and how many copies were sold",
      params: ById,
      returns: SellerPage,
      errors: ["NOT_FOUND"],
    },
    get: {
      rest: "GET /api/items/:id",
      auth: "anyone",
      summary: "One item, its stock counted now",
      params: ById,
      returns: Item,
      errors: ["NOT_FOUND"],
    },
    create: {
      rest: "POST /api/items",
      auth: "user",
      status: 201,
      summary: "A draft",
      params: Type.Union([
        Type.Object({ ...common, kind: Strings(["unique", "keys", "unlimited"] as const) }),
        Type.Object({ ...common, kind: Type.Literal("edition"), stock: Copies }),
      ]),
      returns: Item,
    },
    /** `stock` asks an edition for so many copies: more are added, fewer withdraw free ones (409 SOLD_OUT when too few are free). */
    update: {
      rest: "PATCH /api/items/:id",
      auth: "user",
      summary: "Change one's own item",
      params: Type.Object({
        id: Id,
        title: Type.Optional(Title),
        description: Type.Optional(Description),
        price: Type.Optional(Price),
        perBuyer: Type.Optional(PerBuyer),
        kind: Type.Optional(Kind),
        stock: Type.Optional(Copies),
      }),
      returns: Item,
      errors: ["NOT_FOUND", "KIND_IS_FIXED", "SOLD_OUT"],
    },
    addKeys: {
      rest: "POST /api/items/:id/keys",
      auth: "user",
      summary: "Import licence keys; a second import of a key changes nothing",
      params: Type.Object({
        id: Id,
        keys: Type.Array(Type.String({ minLength: 1, maxLength: 500, pattern: "\\S" }), {
          minItems: 1,
          maxItems: MAX_KEYS_PER_CALL,
        }),
      }),
      returns: Type.Object({ added: Type.Integer({ minimum: 0 }), duplicates: Type.Integer({ minimum: 0 }) }),
      errors: ["NOT_FOUND", "KIND_IS_FIXED"],
    },
    publish: {
      rest: "POST /api/items/:id/publish",
      auth: "user",
      summary: "Put a draft on sale; again: the same",
      params: ById,
      returns: Item,
      errors: ["NOT_FOUND", "NOTHING_TO_DELIVER"],
    },
    retire: {
      rest: "POST /api/items/:id/retire",
      auth: "user",
      summary: "No new orders; holds and purchases stand",
      params: ById,
      returns: Item,
      errors: ["NOT_FOUND"],
    },
    removeFile: {
      rest: "DELETE /api/items/:id/files/:filename",
      auth: "user",
      status: 204,
      summary: "Take a file off; a buyer keeps what they bought",
      params: Type.Object({ id: Id, filename: Filename }),
      returns: Nothing,
      errors: ["NOT_FOUND", "NOTHING_TO_DELIVER"],
    },
    /** Asked by the gateway before it takes an upload's first byte: is this the caller's item? Throws as `attachFile` would. */
    mayUpload: {
      params: Type.Object({ id: Id, filename: Filename }),
      returns: Nothing,
      errors: ["NOT_FOUND", "LIMIT_REACHED"],
    },
    /** Called by the gateway when the bytes of an upload lie in the store; the same name replaces. */
    attachFile: {
      params: Type.Object({
        id: Id,
        filename: Filename,
        size: Type.Integer(),
        type: Type.String(),
        sha256: Type.String(),
        blob: Type.String(),
      }),
      returns: UploadedFile,
      errors: ["NOT_FOUND", "LIMIT_REACHED"],
    },
    ...coverActions,
    /** For orders: unknown ids are left out; `forSale` is true for published ones. */
    quote: { params: Type.Object({ ids: Type.Array(Id) }), returns: Type.Array(Quote), idempotent: true },
    /** Those of these items that the caller may see, in this order; one page of them. */
    pick: { params: Type.Object({ ids: Type.Array(Id), ...Paging }), returns: ListOf(Item), idempotent: true },
    /** Documents as `changes` reads them out; unknown ids are left out. */
    read: { params: Type.Object({ ids: Type.Array(Id) }), returns: Type.Array(Stored<ItemDoc>()), idempotent: true },
    /** For delivery: every file of these items, removed ones with `removedAt`. */
    files: {
      params: Type.Object({ ids: Type.Array(Id) }),
      returns: Type.Array(Type.Object({ id: Id, files: Type.Array(StoredFile) })),
      idempotent: true,
    },
    /** For the sitemap: what is on sale and when it last changed; the newest first. */
    onSale: {
      params: Type.Object({
        page: Type.Integer({ minimum: 1 }),
        pageSize: Type.Integer({ minimum: 1, maximum: MAX_ON_SALE }),
      }),
      returns: ListOf(Type.Object({ id: Id, changedAt: Millis })),
      idempotent: true,
    },
    sweep: Sweep,
    changes: Changes,
  },
  events: {
    "item.published": Type.Object({ id: Id }),
    "item.changed": Type.Object({ id: Id }),
    "item.retired": Type.Object({ id: Id }),
  },
});
