import type { Connection, ConnectOptions, Model, mongo } from "mongoose";
import {
  isDuplicate,
  type Collection,
  type CollectionSpec,
  type Doc,
  type FindOptions,
  type Query,
  type Update,
} from "./collection.ts";
import type { Troubles } from "../../core/trouble.ts";
import { isAway, tryAgain } from "./away.ts";
import { boundsOf, orderOf, Shape, type Order } from "./shape.ts";

export interface MongoOptions {
  /** The database is the path of the URL, or "holdfast". */
  url: string;
  /** Stands before the name of the collection, so that several shops can share a database. */
  namespace: string;
  troubles: Pick<Troubles, "met" | "over">;
}

type MongoBulkWriteError = mongo.MongoBulkWriteError;
type WriteError = mongo.WriteError;

const CONNECT_OPTIONS: ConnectOptions = {
  // What is acknowledged lies in the journals of a majority, and what is read is never rolled back.
  writeConcern: { w: "majority", journal: true },
  readConcern: { level: "majority" },
  // A call ends after three seconds: by then it is better to answer that the database is away than to wait on.
  serverSelectionTimeoutMS: 2500,
  waitQueueTimeoutMS: 10_000,
  connectTimeoutMS: 5000,
  heartbeatFrequencyMS: 2000,
  socketTimeoutMS: 10_000,
  // Otherwise undefined becomes null.
  ignoreUndefined: true,
  autoIndex: false,
  autoCreate: false,
  bufferCommands: false,
};

/**
 * A collection in MongoDB through Mongoose, on a connection of its own: one service stopping leaves the others theirs.
 * While the database is away everything throws TRY_AGAIN.
 */
export class MongoCollection<D extends Doc> implements Collection<D> {
  readonly #spec: CollectionSpec;
  readonly #options: MongoOptions;
  readonly #shape: Shape<D>;
  #connection: Connection | undefined;
  #model!: Model<D>;

  constructor(spec: CollectionSpec, options: MongoOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#shape = new Shape(spec);
  }

  /** Connects and makes the indexes. Rejects when the database does not answer; it may then be called again. */
  async open(): Promise<void> {
    const { url, namespace, troubles } = this.#options;
    const { default: mongoose } = await import("mongoose");
    const { Mixed } = mongoose.Schema.Types;
    const fields = Object.keys(this.#spec.schema.properties).map((field) => [field, Mixed]);
    const schema = new mongoose.Schema<D>(
      { ...Object.fromEntries(fields), _id: String },
      // An unknown field in a filter would be dropped, and the update would hit every document: "throw".
      { strict: "throw", strictQuery: "throw", minimize: false, versionKey: false },
    );
    const connection = mongoose.createConnection(url, { ...CONNECT_OPTIONS, dbName: databaseOf(url) });
    connection.on("error", (error) => troubles.met("MONGO_URL", error));
    try {
      await connection.asPromise();
      const name = [namespace, this.#spec.name].filter(Boolean).join(".");
      this.#model = connection.model<D>(this.#spec.name, schema, name);
      await this.#createIndexes();
    } catch (error) {
      await connection.close();
      throw error;
    }
    troubles.over("MONGO_URL");
    this.#connection = connection;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  async get(id: string): Promise<D | null> {
    return this.findOne({ _id: id });
  }

  async findOne(query: Query): Promise<D | null> {
    const filter = this.#filter(query);
    return this.#ask(() => this.#docs.findOne(filter) as Promise<D | null>);
  }

  async find(query: Query, { sort, limit = 0, skip = 0 }: FindOptions = {}): Promise<D[]> {
    const order = orderOf(sort) ?? this.#orderOfRange(query);
    const found = this.#docs.find(this.#filter(query)).limit(limit).skip(skip);
    if (order) found.sort({ [order.field]: order.descending ? -1 : 1, ...(order.field !== "_id" && { _id: 1 }) });
    return this.#ask(() => found.toArray() as Promise<D[]>);
  }

  async count(query: Query): Promise<number> {
    const filter = this.#filter(query);
    return this.#ask(() => this.#docs.countDocuments(filter));
  }

  async insert(doc: D): Promise<boolean> {
    const checked = this.#shape.doc(doc) as never;
    try {
      await this.#ask(() => this.#docs.insertOne(checked));
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  async insertMany(docs: D[]): Promise<number> {
    if (docs.length === 0) return 0;
    for (const doc of docs) this.#shape.doc(doc);
    try {
      const insert = () => this.#docs.insertMany(docs as never[], { ordered: false });
      return (await this.#ask(insert)).insertedCount;
    } catch (error) {
      const { writeErrors = [], result } = error as Partial<MongoBulkWriteError>;
      const refused = [writeErrors].flat();
      const unkept = result?.getWriteConcernError();
      if (unkept || refused.length === 0 || !refused.every(isTakenId)) throw error;
      return docs.length - refused.length;
    }
  }

  async claim(query: Query, update: Update<D>): Promise<D | null> {
    const checked = this.#shape.update(update) as Record<string, object>;
    const filter = this.#filter(query);
    const claim = () => this.#docs.findOneAndUpdate(filter, checked as never, { returnDocument: "after" });
    return this.#ask(claim as () => Promise<D | null>);
  }

  async remove(query: Query): Promise<number> {
    const filter = this.#filter(query);
    return (await this.#ask(() => this.#docs.deleteMany(filter))).deletedCount;
  }

  async tally(values: string[]): Promise<Map<string, Record<string, number>>> {
    const { by, of } = this.#spec.tally!;
    const counting = this.#model.aggregate<{ _id: { by: string; of?: unknown }; n: number }>([
      // By a range of strings, so that the index alone answers: whether a field exists it does not tell.
      { $match: { [by]: { $in: values }, [of]: { $gte: "" } } },
      { $group: { _id: { by: `$${by}`, of: `$${of}` }, n: { $sum: 1 } } },
    ]);
    const groups = await this.#ask(() => counting.exec());
    const counts = new Map<string, Record<string, number>>(values.map((value) => [value, {}]));
    for (const { _id, n } of groups) counts.get(_id.by)![String(_id.of)] = n;
    return counts;
  }

  /** The driver's own collection: Mongoose would cast what the shape has checked, for a third of the CPU time of a call. */
  get #docs() {
    return this.#model.collection as unknown as mongo.Collection<D>;
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    const { troubles } = this.#options;
    try {
      const answer = await question();
      troubles.over("MONGO_URL");
      return answer;
    } catch (error) {
      if (!isAway(error)) throw error;
      troubles.met("MONGO_URL", error);
      throw tryAgain(error);
    }
  }

  #filter(query: Query): Record<string, never> {
    return this.#shape.query(query) as Record<string, never>;
  }

  /** A range on an indexed field is answered in the order of that field, as NeDB does. */
  #orderOfRange(query: Query): Order | undefined {
    const indexed = ["_id", ...(this.#spec.indexes ?? []).map(({ field }) => field)];
    const field = indexed.find((name) => boundsOf(query[name]));
    return field ? { field, descending: false } : undefined;
  }

  async #createIndexes(): Promise<void> {
    const { indexes = [], tally } = this.#spec;
    const { collection } = this.#model;
    for (const { field, unique = false, sparse = false } of indexes) {
      await collection.createIndex({ [field]: 1 }, { unique, sparse });
    }
    if (tally) await collection.createIndex({ [tally.by]: 1, [tally.of]: 1 });
  }
}

const isTakenId = ({ code, errmsg = "" }: WriteError) => code === 11000 && /\b_id_\b/.test(errmsg);

/** Not by `URL`: the URL of a replica set names several hosts. */
const databaseOf = (url: string) => /^[^:]+:\/\/[^/]+\/([^?]+)/.exec(url)?.[1] ?? "holdfast";
