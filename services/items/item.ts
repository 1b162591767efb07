import type { Meta } from "../../core/contract.ts";
import type { Versioned } from "../../core/store.ts";
import { money, type Kind, type Person, type Stock } from "../schemas.ts";
import type { Cover } from "./cover.contract.ts";
import type { Item, Quote, StoredFile } from "./items.contract.ts";

export interface ItemDoc extends Versioned {
  /** `publishing` until inventory has all units; a stranger sees it as a draft. */
  state: "draft" | "publishing" | "published" | "retired";
  title: string;
  description: string;
  price: number;
  kind: Kind;
  seller: Person;
  perBuyer: number | null;
  /** How many copies an edition is to have; 1 for a unique item, null where copies are not planned. */
  copies: number | null;
  files: StoredFile[];
  /** The seller's own picture; without one, as before there were any, the cover is drawn. */
  cover?: Cover | null;
  createdAt: number;
  publishedAt: number | null;
  /** When the seller last changed anything; unset where that was before it was noted. */
  changedAt?: number;
  /** Orders paid, for the sort by popularity alone; a redelivered fact may count twice. */
  sales: number;
}

/** The fields of the stored document, complete by type. */
export const ITEM_FIELDS: { [K in keyof Required<ItemDoc>]: true } = {
  _id: true,
  v: true,
  outbox: true,
  due: true,
  state: true,
  title: true,
  description: true,
  price: true,
  kind: true,
  seller: true,
  perBuyer: true,
  copies: true,
  files: true,
  cover: true,
  createdAt: true,
  publishedAt: true,
  changedAt: true,
  sales: true,
};

export interface NewItem {
  title: string;
  description: string;
  price: { amount: number };
  kind: Kind;
  perBuyer?: number | null;
  stock?: number;
}

export const newItem = (
  given: NewItem,
  id: string,
  seller: Person,
  now: number,
): Omit<ItemDoc, "v" | "outbox" | "due"> => ({
  _id: id,
  state: "draft",
  title: given.title,
  description: given.description,
  price: given.price.amount,
  kind: given.kind,
  seller,
  perBuyer: given.perBuyer ?? null,
  copies: planned(given.kind, given.stock),
  files: [],
  createdAt: now,
  publishedAt: null,
  sales: 0,
});

/** How many copies are planned for a kind: the seller says so for editions only. */
export const planned = (kind: Kind, stock: number | undefined): number | null =>
  kind === "edition" ? (stock ?? 1) : kind === "unique" ? 1 : null;

export const presentFiles = ({ files }: ItemDoc): StoredFile[] =>
  files.filter(({ removedAt }) => removedAt === undefined);

/** Where the gateway has the cover: a picture under its hash, for ever the same, or the drawn one. */
export const coverOf = ({ _id, cover }: Pick<ItemDoc, "_id" | "cover">): string =>
  cover ? `/covers/${_id}/${cover.hash}` : `/covers/${_id}.svg`;

export const isSeller = ({ seller }: ItemDoc, { user }: Meta): boolean => seller.id === user?.id;
export const isAdmin = ({ user }: Meta): boolean => user?.roles.includes("admin") ?? false;

export const toQuote = ({ _id, title, kind, price, seller, perBuyer, state }: ItemDoc): Quote => ({
  id: _id,
  title,
  kind,
  price,
  seller,
  perBuyer,
  forSale: state === "published",
});

/** The stock of an item as inventory counted it; before publishing, the copies that are planned. */
export interface Counted {
  stock: Stock;
  nextAt: number | null;
}

export function toItem(doc: ItemDoc, counted: Counted | undefined): Item {
  const unwritten = doc.copies !== null && (doc.state === "draft" || doc.state === "publishing");
  const plan = { total: doc.copies ?? 0, available: doc.copies ?? 0, held: 0, sold: 0 };
  return {
    id: doc._id,
    status: doc.state === "publishing" ? "draft" : doc.state,
    title: doc.title,
    description: doc.description,
    price: money(doc.price) as Item["price"],
    kind: doc.kind,
    seller: doc.seller,
    cover: coverOf(doc),
    files: presentFiles(doc).map(({ filename, size, type }) => ({ filename, size, type })),
    perBuyer: doc.perBuyer,
    stock: doc.kind === "unlimited" ? null : unwritten ? plan : (counted?.stock ?? plan),
    nextAt: counted?.nextAt ? new Date(counted.nextAt).toISOString() : null,
    createdAt: new Date(doc.createdAt).toISOString(),
    publishedAt: doc.publishedAt === null ? null : new Date(doc.publishedAt).toISOString(),
  };
}
