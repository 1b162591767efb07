import type { Static } from "typebox";
import type { Caller, Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { Cluster } from "../define.ts";
import { DEFAULT_PAGE_SIZE } from "../schemas.ts";
import type { Catalogue } from "./catalogue.ts";
import { count } from "./copies.ts";
import { isAdmin, isSeller, toItem, type ItemDoc } from "./item.ts";
import type { Item, items } from "./items.contract.ts";

interface Host {
  broker: Caller<Cluster>;
  catalogue: Catalogue;
}
type Actions = (typeof items)["actions"];
type Params<A extends keyof Actions> = Static<Actions[A]["params"]>;
type Reply<A extends keyof Actions> = Promise<Static<Actions[A]["returns"]>>;

export async function maySee(broker: Caller<Cluster>, doc: ItemDoc, meta: Meta): Promise<boolean> {
  if (doc.state === "published" || isSeller(doc, meta) || isAdmin(meta)) return true;
  return doc.state === "retired" && !!meta.user && broker.call("delivery.owns", { user: meta.user.id, item: doc._id });
}

async function shown(broker: Caller<Cluster>, docs: ItemDoc[]): Promise<Item[]> {
  const counts = await count(broker, docs);
  return docs.map((doc) => toItem(doc, counts.get(doc._id)));
}

/** `search` may know more than this replica, or less, for a moment: what is not on sale here is left out. */
const stillOnSale = ({ broker, catalogue }: Host, ids: string[]): Promise<Item[]> =>
  shown(
    broker,
    catalogue.all(ids).filter(({ state }) => state === "published"),
  );

/** The catalogue. While `search` is not to be had, words are found in titles alone: a plain answer sells more than an apology. */
export async function list(host: Host, params: Params<"list">, { user }: Meta): Reply<"list"> {
  const { page = 1, pageSize = DEFAULT_PAGE_SIZE, sort = "newest", seller, q, ...rest } = params;
  if (seller === "me" && !user) throw fail("SIGN_IN_REQUIRED");
  if (q?.trim() && seller !== "me") {
    const found = await host.broker.call("search.find", { ...params, sort }).catch(() => null);
    if (found) return { rows: await stillOnSale(host, found.ids), total: found.total, page, pageSize };
  }
  const whose = seller === "me" ? { own: user!.id } : { seller };
  const window = { skip: (page - 1) * pageSize, limit: pageSize };
  const { docs, total } = host.catalogue.list({ ...rest, q, sort, ...whose, ...window });
  return { rows: await shown(host.broker, docs), total, page, pageSize };
}

/** Fails for as long as `search` is not to be had (503): what it counts nobody else can say, and zeros would be a lie. */
export async function search(host: Host, wanted: Params<"search">): Reply<"search"> {
  const { page = 1, pageSize = DEFAULT_PAGE_SIZE } = wanted;
  const { ids, ...found } = await host.broker.call("search.find", wanted);
  return { rows: await stillOnSale(host, ids), page, pageSize, ...found };
}

/** Of these items those that the caller may see. */
export async function pick(
  { broker, catalogue }: Host,
  { ids, page = 1, pageSize = DEFAULT_PAGE_SIZE }: Params<"pick">,
  meta: Meta,
): Reply<"pick"> {
  const docs = catalogue.all(ids);
  const seen = await Promise.all(docs.map((doc) => maySee(broker, doc, meta)));
  const visible = docs.filter((_, n) => seen[n]);
  const rows = await shown(broker, visible.slice((page - 1) * pageSize, page * pageSize));
  return { rows, total: visible.length, page, pageSize };
}

export function onSale(
  { catalogue }: Host,
  { page, pageSize }: Params<"onSale">,
): Static<Actions["onSale"]["returns"]> {
  const { docs, total } = catalogue.list({ skip: (page - 1) * pageSize, limit: pageSize });
  const rows = docs.map(({ _id, changedAt, publishedAt, createdAt }) => ({
    id: _id,
    changedAt: changedAt ?? publishedAt ?? createdAt,
  }));
  return { rows, total, page, pageSize };
}

/** Copies are counted by inventory; of unlimited goods the orders are, refunded ones included. */
export async function seller({ broker, catalogue }: Host, id: string): Reply<"seller"> {
  const docs = catalogue.ofSeller(id).filter(({ publishedAt }) => publishedAt !== null);
  const published = docs.filter(({ state }) => state === "published");
  if (!published.length) throw fail("NOT_FOUND");
  const counts = await count(broker, docs);
  return {
    ...published.at(-1)!.seller,
    since: new Date(Math.min(...docs.map(({ publishedAt }) => publishedAt!))).toISOString(),
    items: published.length,
    sold: docs.reduce((sum, { _id, sales }) => sum + (counts.get(_id)?.stock.sold ?? sales), 0),
  };
}
