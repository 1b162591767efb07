import { dueKey, type Change, type Fact, type Store, type Versioned } from "../core/store.ts";
import type { Envelope } from "../core/facts.ts";
import { defineMixin, type Mixin } from "../core/contract.ts";
import type { Runtime } from "../core/runtime.ts";
import type { BusHandle } from "./bus/bus.ts";
import type { Collection, Update } from "./db/collection.ts";

/** How long published facts stay in their document before they are cleared away; a next change within it saves that write. */
const CLEAR_AFTER = 250;
/** When the sweeper publishes facts that nobody is known to have published. */
const REPUBLISH_AFTER = 5000;

export interface OutboxOptions<D extends Versioned> {
  /** The first part of every event id. */
  entity: string;
  /** When the sweeper should look at the document again if nothing else happens; null when it rests. */
  due(doc: D, now: number): number | null;
}

interface Host<D extends Versioned> {
  db: Collection<D>;
  bus?: BusHandle;
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void };
}

/**
 * R1: a change of state and the facts it causes are ONE write. Facts are pushed into the document that
 * changes, published on the bus (event id = message id), and cleared away later.
 * Needs the mixins db, and bus where there are facts; declare the index `due` on the collection (unique, sparse).
 */
export function Outbox<D extends Versioned>(options: OutboxOptions<D>): Mixin<{ store: OutboxStore<D> }> {
  return defineMixin<{ store: OutboxStore<D> }, { db: Collection<D>; bus?: BusHandle }>({
    created() {
      this.store = new OutboxStore(this, options);
    },
    async stopped() {
      await this.store.flush();
    },
  });
}

export class OutboxStore<D extends Versioned> implements Store<D> {
  #host: Host<D>;
  #options: OutboxOptions<D>;
  #published = new Map<string, D>();
  #inFlight = new Set<Promise<void>>();
  #clearing = false;

  constructor(host: Host<D>, options: OutboxOptions<D>) {
    this.#host = host;
    this.#options = options;
  }

  get(id: string): Promise<D | null> {
    return this.#host.db.get(id);
  }

  async insert(draft: Omit<D, "v" | "outbox" | "due">, facts: Fact[] = []): Promise<boolean> {
    const doc = { ...draft, v: 1 } as D;
    const outbox = this.#envelopes(doc, facts);
    const due = this.#due(doc, outbox);
    const inserted = await this.#host.db.insert({ ...doc, ...(outbox.length && { outbox }), ...(due && { due }) });
    if (inserted && outbox.length) this.#relay({ ...doc, outbox });
    return inserted;
  }

  async write(doc: D, { set, unset = [], facts = [] }: Change<D>): Promise<D | null> {
    const next = { ...doc, ...set, v: doc.v + 1 } as D;
    for (const field of unset) delete next[field];
    const added = this.#envelopes(next, facts);
    const outbox = [...(doc.outbox ?? []), ...added];
    const due = this.#due(next, outbox);
    const update = {
      $set: { ...set, v: next.v, ...(added.length && { outbox }), ...(due && { due }) },
      $unset: { ...Object.fromEntries(unset.map((field) => [field, true])), ...(!due && { due: true }) },
    } as Update<D>;
    const written = await this.#host.db.claim({ v: doc.v, _id: doc._id }, update);
    if (written && added.length) this.#relay(written);
    return written;
  }

  /**
   * Decides on what is stored, again as long as somebody else is faster. `decide` answers null for no change, or
   * throws. The document as it is then; null when there is none.
   */
  async change(id: string, decide: (doc: D) => Change<D> | null): Promise<D | null> {
    for (;;) {
      const doc = await this.get(id);
      const change = doc && decide(doc);
      const written = change ? await this.write(doc, change) : doc;
      if (written || !change) return written;
    }
  }

  /** Publishes what lies in the document's outbox; the sweeper calls it for documents whose relay was cut off. */
  async publish(doc: D): Promise<void> {
    if (!doc.outbox?.length) return;
    const known = this.#published.get(doc._id)?.v ?? 0;
    const untold = doc.outbox.filter(({ v }) => v > known);
    if (untold.length) await this.#host.bus!.publish(untold);
    if ((this.#published.get(doc._id)?.v ?? 0) < doc.v) this.#published.set(doc._id, doc);
    if (this.#clearing) return;
    this.#clearing = true;
    this.#host.runtime.after(CLEAR_AFTER, () => void this.#track(this.#clear()));
  }

  /** Waits for publishing in flight and clears what was published. */
  async flush(): Promise<void> {
    while (this.#inFlight.size) await Promise.all(this.#inFlight);
    await this.#clear();
  }

  #relay(doc: D): void {
    void this.#track(this.publish(doc));
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = work
      .catch((error: unknown) => this.#host.logger.warn("Outbox: left to the sweeper", error))
      .finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
    return tracked;
  }

  /** Clears only under the version that was published: a later change carries the rest and clears it all. */
  async #clear(): Promise<void> {
    this.#clearing = false;
    const docs = [...this.#published.values()];
    this.#published.clear();
    await Promise.all(
      docs.map(({ outbox: _, ...doc }) => {
        const due = this.#due(doc as D, []);
        const update = { ...(due && { $set: { due } }), $unset: { outbox: true, ...(!due && { due: true }) } };
        return this.#host.db.claim({ v: doc.v, _id: doc._id }, update as unknown as Update<D>);
      }),
    );
  }

  #envelopes(doc: D, facts: Fact[]): Envelope[] {
    const { entity } = this.#options;
    const at = this.#host.runtime.now();
    return facts.map(({ type, data }, n) => ({
      id: `${entity}:${doc._id}:${doc.v}:${n}`,
      type,
      schema: 1,
      at,
      v: doc.v,
      data,
    }));
  }

  #due(doc: D, outbox: Envelope[]): string | undefined {
    const now = this.#host.runtime.now();
    const wanted = this.#options.due(doc, now);
    const at = outbox.length ? Math.min(wanted ?? Infinity, now + REPUBLISH_AFTER) : wanted;
    return at === null ? undefined : dueKey(at, doc._id);
  }
}
