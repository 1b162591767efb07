import { fail } from "../../core/errors.ts";
import type { Change } from "../../core/store.ts";
import { planned, presentFiles, type ItemDoc } from "./item.ts";
import type { Cover } from "./cover.contract.ts";
import { MAX_FILES, type StoredFile } from "./items.contract.ts";
import type { Kind } from "../schemas.ts";

/**
 * What may become of an item. A decision answers the change, null where there is nothing to change, or throws.
 *
 *     draft ──→ publishing ──→ published ──→ retired
 *                   ↑                          │
 *                   └──────────────────────────┘
 */
type Decision = Change<ItemDoc> | null;

const told = (type: "item.changed" | "item.published" | "item.retired", { _id }: Pick<ItemDoc, "_id">) => [
  { type, data: { id: _id } },
];

/** The seller's next page may come from another replica, so a draft is told of as well. */
export const created = (draft: Pick<ItemDoc, "_id">) => told("item.changed", draft);

/** On its way to the shelf; `keys` is how many licence keys inventory has for it. */
export function publishing(doc: ItemDoc, keys: number): Decision {
  if (doc.state === "published" || doc.state === "publishing") return null;
  const empty = doc.kind === "unlimited" ? !presentFiles(doc).length : doc.kind === "keys" && !keys;
  if (empty) throw fail("NOTHING_TO_DELIVER");
  return { set: { state: "publishing" } };
}

/** On sale, once inventory has every unit. */
export const published = (doc: ItemDoc, now: number): Decision =>
  doc.state === "publishing"
    ? { set: { state: "published", publishedAt: doc.publishedAt ?? now }, facts: told("item.published", doc) }
    : null;

export const retired = (doc: ItemDoc): Decision =>
  doc.state === "retired" ? null : { set: { state: "retired" }, facts: told("item.retired", doc) };

export interface Edit {
  title?: string;
  description?: string;
  price?: { amount: number };
  perBuyer?: number | null;
  kind?: Kind;
  stock?: number;
}

/** The kind changes only in a draft, and only an edition is told how many copies it has. */
export function changed(doc: ItemDoc, { price, kind = doc.kind, stock, ...given }: Edit): Decision {
  if (kind !== doc.kind && doc.state !== "draft") throw fail("KIND_IS_FIXED");
  if (stock !== undefined && kind !== "edition") throw fail("KIND_IS_FIXED");
  const copies = kind === doc.kind ? (stock ?? doc.copies) : planned(kind, stock);
  return { set: { ...given, kind, copies, ...(price && { price: price.amount }) }, facts: told("item.changed", doc) };
}

/** The same name replaces. */
export function withFile(doc: ItemDoc, file: StoredFile): Decision {
  const others = doc.files.filter(({ filename }) => filename !== file.filename);
  if (others.length >= MAX_FILES) throw fail("LIMIT_REACHED", { itemId: doc._id, limit: MAX_FILES });
  return { set: { files: [...others, file] }, facts: told("item.changed", doc) };
}

/** Null goes back to the drawn one. */
export function withCover(doc: ItemDoc, cover: Cover | null): Decision {
  if (cover?.hash === doc.cover?.hash) return null;
  return { set: { cover }, facts: told("item.changed", doc) };
}

/** Buyers keep it, so it is marked and not forgotten. */
export function withoutFile(doc: ItemDoc, filename: string, now: number): Decision {
  const present = presentFiles(doc);
  if (!present.some((file) => file.filename === filename)) throw fail("NOT_FOUND");
  if (doc.kind === "unlimited" && doc.state !== "draft" && present.length === 1) throw fail("NOTHING_TO_DELIVER");
  const files = doc.files.map((file) => (file.filename === filename ? { ...file, removedAt: now } : file));
  return { set: { files }, facts: told("item.changed", doc) };
}
