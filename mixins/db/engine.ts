import Datastore, { type NedbIndex, type TreeNode } from "@seald-io/nedb";
import model from "@seald-io/nedb/lib/model.js";
import type { CollectionSpec, Doc, Query } from "./collection.ts";
import { boundsOf, isPlain, type Bounds, type Order } from "./shape.ts";

/**
 * NeDB's indexes in memory, with three things it lacks: it takes the most selective index of a query, it reads an
 * index in order and stops early, and it counts. Every method is one synchronous step, so each is atomic. Documents
 * in it are never changed, only replaced.
 */
export class Engine<D extends Doc> extends Datastore<D> {
  /** Indexed fields, the most selective first. */
  #fields = ["_id"];
  readonly #tally: CollectionSpec["tally"];
  readonly #counts = new Map<unknown, Record<string, number>>();

  constructor(spec: CollectionSpec) {
    super({ inMemoryOnly: true });
    this.#tally = spec.tally;
    const indexes = spec.indexes ?? [];
    // The index is there when the call returns; its promise is about a file that there is not.
    for (const { field, ...options } of indexes) void this.ensureIndexAsync({ fieldName: field, ...options });
    for (const unique of [true, false]) {
      for (const index of indexes) if (!!index.unique === unique) this.#fields.push(index.field);
    }
  }

  byId(id: string): D | undefined {
    return this.#index("_id").tree.search(id)[0];
  }

  first(query: Query): D | undefined {
    for (const doc of this.#plan(query).docs) if (model.match(doc, query)) return doc;
    return undefined;
  }

  /** The documents that match, in order, `_id` deciding between equals. Without an order: in that of the index that is read. */
  select(
    query: Query,
    {
      order,
      skip = 0,
      limit = Infinity,
    }: { order?: Order | undefined; skip?: number | undefined; limit?: number | undefined } = {},
  ): D[] {
    const plan = this.#plan(query, order);
    const enough = plan.ordered ? skip + limit : Infinity;
    // A set, since an array has its document in an index once for each element.
    const matching = new Set<D>();
    for (const doc of plan.docs) {
      if (matching.size >= enough) break;
      if (model.match(doc, query)) matching.add(doc);
    }
    const found = [...matching];
    if (order && !plan.ordered) found.sort(comparing(order));
    return found.slice(skip, skip + limit);
  }

  /** How many documents there are for each value of `of`, among those whose `by` is this value. */
  counts(value: string): Record<string, number> {
    return { ...this.#counts.get(value) };
  }

  override _addToIndexes(doc: D): void {
    super._addToIndexes(doc);
    this.#count(doc, 1);
  }

  override _removeFromIndexes(doc: D): void {
    super._removeFromIndexes(doc);
    this.#count(doc, -1);
  }

  /**
   * Where the key stays the same the new document takes the old one's place. NeDB takes it out and puts it in again,
   * which on an index of few values costs as much as there are documents.
   */
  override _updateIndexes(before: D, after: D): void {
    const moved: NedbIndex<D>[] = [];
    const stayed: [D[], number][] = [];
    try {
      for (const field of this.#fields) {
        const index = this.#index(field);
        const key = model.getDotValue(before, field);
        if (isPlain(key) && key === model.getDotValue(after, field)) {
          const docs = index.tree.search(key);
          stayed.push([docs, docs.indexOf(before)]);
        } else {
          index.update(before, after);
          moved.push(index);
        }
      }
    } catch (error) {
      for (const index of moved) index.update(after, before);
      throw error;
    }
    for (const [docs, at] of stayed) docs[at] = after;
    this.#count(before, -1);
    this.#count(after, 1);
  }

  #index(field: string): NedbIndex<D> {
    return this.indexes[field]!;
  }

  /** Where to look for what matches, and whether that comes in the order asked for. */
  #plan(query: Query, order?: Order): { docs: Iterable<D>; ordered: boolean } {
    for (const field of this.#fields) {
      const value = query[field];
      if (isPlain(value)) return { docs: this.#index(field).tree.search(value), ordered: !order };
    }
    for (const field of this.#fields) {
      const values = (query[field] as { $in?: unknown[] } | undefined)?.$in;
      if (values) return { docs: values.flatMap((value) => this.#index(field).tree.search(value)), ordered: !order };
    }
    for (const field of this.#fields) {
      const bounds = boundsOf(query[field]);
      if (!bounds) continue;
      const ordered = !order || order.field === field;
      return { docs: walk(this.#index(field), bounds, ordered && !!order?.descending), ordered };
    }
    const index = order && this.indexes[order.field];
    if (index && !index.sparse) return { docs: walk(index, {}, order.descending), ordered: true };
    return { docs: walk(this.#index("_id"), {}, false), ordered: !order };
  }

  #count(doc: D, step: 1 | -1): void {
    if (!this.#tally) return;
    const { [this.#tally.by]: by, [this.#tally.of]: of } = doc as unknown as Record<string, string | undefined>;
    if (by === undefined || of === undefined) return;
    const counts = this.#counts.get(by) ?? {};
    counts[of] = (counts[of] ?? 0) + step;
    if (counts[of] === 0) delete counts[of];
    this.#counts.set(by, counts);
  }
}

function comparing<D extends Doc>({ field, descending }: Order): (a: D, b: D) => number {
  const sign = descending ? -1 : 1;
  return (a, b) =>
    sign * model.compareThings(model.getDotValue(a, field), model.getDotValue(b, field)) ||
    model.compareThings(a._id, b._id);
}

/** The documents of an index between bounds, in the order of their keys, as far as they are asked for. */
function* walk<D extends Doc>(index: NedbIndex<D>, bounds: Bounds, descending: boolean): Generator<D> {
  const { tooLow, tooHigh } = outside(bounds);
  const [near, far] = descending ? (["right", "left"] as const) : (["left", "right"] as const);
  const [notYet, noMore] = descending ? [tooHigh, tooLow] : [tooLow, tooHigh];
  const root = index.tree.tree;
  const path: TreeNode<D>[] = [];
  let node = "key" in root ? root : null;
  for (;;) {
    while (node) {
      const skip: boolean = notYet(node.key);
      if (!skip) path.push(node);
      node = skip ? node[far] : node[near];
    }
    const next = path.pop();
    if (!next || noMore(next.key)) return;
    yield* next.data.length > 1 ? next.data.toSorted((a, b) => model.compareThings(a._id, b._id)) : next.data;
    node = next[far];
  }
}

function outside({ $gt, $gte, $lt, $lte }: Bounds): Record<"tooLow" | "tooHigh", (key: unknown) => boolean> {
  const compare = model.compareThings;
  return {
    tooLow: (key) => ($gt !== undefined && compare(key, $gt) <= 0) || ($gte !== undefined && compare(key, $gte) < 0),
    tooHigh: (key) => ($lt !== undefined && compare(key, $lt) >= 0) || ($lte !== undefined && compare(key, $lte) > 0),
  };
}
