import model from "@seald-io/nedb/lib/model.js";
import {
  isDuplicate,
  type Collection,
  type CollectionSpec,
  type Doc,
  type FindOptions,
  type Query,
  type Update,
} from "./collection.ts";
import { Engine } from "./engine.ts";
import { lineOf, linesOf, load, recordOf } from "./file.ts";
import { orderOf, Shape } from "./shape.ts";
import { nextTurn, openJournal, type Journal } from "../journal.ts";

/** The file is rewritten when it is larger than this and has grown by this factor since it held nothing but live documents. */
const COMPACT_ABOVE = 16 * 1024 * 1024;
const COMPACT_AT_GROWTH = 4;
/** So many documents are inserted or loaded in one go; then others have their turn. */
const CHUNK = 1000;

export interface EmbeddedOptions {
  file: string;
  logger: { info(...words: unknown[]): void; warn(...words: unknown[]): void };
  /** Ends the process: the disk no longer takes what was promised. */
  onFatal: (error: Error) => void;
  /** Bytes below which the file is never rewritten. */
  compactAbove?: number;
}

/**
 * A collection in NeDB's indexes and NeDB's file format. Every change is one synchronous step in memory, and is handed
 * to the journal within it, so that a guard and its write are never apart. Every answer, of reads too, waits until
 * what it rests on is kept: nobody sees what a crash could take back.
 */
export class EmbeddedCollection<D extends Doc> implements Collection<D> {
  readonly #spec: CollectionSpec;
  readonly #options: EmbeddedOptions;
  readonly #shape: Shape<D>;
  readonly #engine: Engine<D>;
  /** Set by `open`, and used by nobody before. */
  #journal!: Journal;
  #compactAt = 0;
  #compaction: Promise<void> | undefined;

  constructor(spec: CollectionSpec, options: EmbeddedOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#shape = new Shape(spec);
    this.#engine = new Engine(spec);
  }

  /** Loads the file, made when missing. Throws when it is corrupt before its last line, or when it breaks a unique index. */
  async open(): Promise<void> {
    const { file, logger, onFatal } = this.#options;
    this.#journal = await openJournal(file, {
      durable: this.#spec.durable ?? false,
      onFatal,
      onTorn: (name, bytes) =>
        logger.warn(`${name}: the last line was torn by a crash; its ${bytes} bytes are dropped`),
    });
    const { docs, liveBytes } = await load<D>(file);
    for (const [at, doc] of docs.entries()) {
      this.#index(doc);
      if (at % CHUNK === 0) await nextTurn();
    }
    this.#compactAfter(liveBytes);
    this.#compactIfGrown();
  }

  async close(): Promise<void> {
    await this.#compaction;
    await this.#journal?.close();
  }

  async get(id: string): Promise<D | null> {
    return this.#answer(this.#engine.byId(id));
  }

  async findOne(query: Query): Promise<D | null> {
    return this.#answer(this.#engine.first(this.#shape.query(query)));
  }

  async find(query: Query, { sort, limit, skip }: FindOptions = {}): Promise<D[]> {
    const docs = this.#engine.select(this.#shape.query(query), { order: orderOf(sort), limit, skip });
    await this.#journal.settled();
    return docs.map(copy);
  }

  async count(query: Query): Promise<number> {
    const { length } = this.#engine.select(this.#shape.query(query));
    await this.#journal.settled();
    return length;
  }

  async insert(doc: D): Promise<boolean> {
    const { kept, line } = recordOf(this.#shape.doc(doc));
    try {
      this.#engine._addToIndexes(kept);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      await this.#journal.settled();
      return false;
    }
    await this.#append(line);
    return true;
  }

  async insertMany(docs: D[]): Promise<number> {
    for (const doc of docs) this.#shape.doc(doc);
    let inserted = 0;
    let refused: unknown;
    for (let start = 0; start < docs.length; start += CHUNK) {
      const records = docs.slice(start, start + CHUNK).map(recordOf);
      let lines = "";
      for (const { kept, line } of records) {
        if (this.#engine.byId(kept._id)) continue;
        try {
          this.#engine._addToIndexes(kept);
        } catch (error) {
          refused ??= error;
          continue;
        }
        lines += line;
        inserted++;
      }
      await Promise.all([this.#append(lines), nextTurn()]);
    }
    if (refused) throw refused;
    return inserted;
  }

  async claim(query: Query, update: Update<D>): Promise<D | null> {
    const checked = this.#shape.update(update);
    const before = this.#engine.first(this.#shape.query(query));
    if (!before) return this.#answer(undefined);
    const { kept, line } = recordOf(model.modify(before, withoutVoidPulls(before, checked)));
    try {
      this.#engine._updateIndexes(before, kept);
    } catch (error) {
      await this.#journal.settled();
      throw error;
    }
    await this.#append(line);
    return copy(kept);
  }

  async remove(query: Query): Promise<number> {
    const docs = this.#engine.select(this.#shape.query(query));
    for (const doc of docs) this.#engine._removeFromIndexes(doc);
    await this.#append(docs.map(({ _id }) => lineOf({ $$deleted: true, _id })).join(""));
    return docs.length;
  }

  async tally(values: string[]): Promise<Map<string, Record<string, number>>> {
    const counts = new Map(values.map((value) => [value, this.#engine.counts(value)]));
    await this.#journal.settled();
    return counts;
  }

  #index(loaded: D): void {
    try {
      this.#engine._addToIndexes(loaded);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new Error(`${this.#options.file} breaks a unique index with ${loaded._id}`, { cause: error });
    }
  }

  async #answer(doc: D | undefined): Promise<D | null> {
    await this.#journal.settled();
    return doc ? copy(doc) : null;
  }

  async #append(lines: string): Promise<void> {
    await (lines ? this.#journal.append(lines) : this.#journal.settled());
    this.#compactIfGrown();
  }

  #compactIfGrown(): void {
    if (this.#compaction || this.#journal.size < this.#compactAt) return;
    this.#compaction = this.#compact().finally(() => (this.#compaction = undefined));
  }

  async #compact(): Promise<void> {
    const { file, logger } = this.#options;
    const { size } = this.#journal;
    try {
      await this.#journal.rewrite(linesOf(this.#engine.getAllData()));
      this.#compactAfter(this.#journal.size);
      logger.info(`${file}: compacted from ${size} to ${this.#journal.size} bytes`);
    } catch (error) {
      this.#compactAfter(size);
      logger.warn(`${file}: not compacted, it goes on growing`, error);
    }
  }

  #compactAfter(liveBytes: number): void {
    this.#compactAt = Math.max(this.#options.compactAbove ?? COMPACT_ABOVE, COMPACT_AT_GROWTH * liveBytes);
  }
}

const copy = model.deepCopy;

/** NeDB refuses to pull from a field that is not there; MongoDB does nothing. */
function withoutVoidPulls<D extends Doc>(doc: D, { $pull, ...update }: Update<D>): Update<D> {
  if (!$pull) return update;
  const fields = Object.entries($pull).filter(([field]) => model.getDotValue(doc, field) !== undefined);
  return { ...update, $pull: Object.fromEntries(fields) as Update<D>["$pull"] };
}
