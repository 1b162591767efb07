import { join } from "node:path";
import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import type { Config } from "../../core/config.ts";
import type { Mixin } from "../../core/contract.ts";
import type { Runtime } from "../../core/runtime.ts";
import { patiently, troublesOf } from "../../core/trouble.ts";
import type { Collection, CollectionSpec, Doc } from "./collection.ts";
import { MongoCollection } from "./mongo.ts";
import { EmbeddedCollection } from "./nedb.ts";
import { endProcess } from "../journal.ts";

interface Host extends Service {
  config: Config;
  runtime: Runtime;
  db: Collection<Doc>;
  adapter: StoreAdapter;
  /** Of moleculer-db: both call the adapter. */
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** A schema with all its mixins. */
interface Merged {
  adapter: StoreAdapter;
  created: unknown;
  started: unknown;
  stopped: unknown;
}

// Its actions take whatever query a client sends, and its `started` hides a corrupt file behind an endless loop.
const {
  actions: _actions,
  started: _started,
  created,
  stopped: _stopped,
  ...moleculerDb
} = DbService as unknown as ServiceSchema;

/**
 * One service, one collection: `this.db`, in NeDB's files under DATA_DIR, or on MongoDB where MONGO_URL is set.
 * It is open before `started` of any other mixin runs, and closed after the last `stopped`.
 */
export function Db<D extends Doc>(spec: CollectionSpec): Mixin<{ db: Collection<D> }> {
  return {
    mixins: [moleculerDb],
    merged(schema: Merged) {
      // An adapter a service: the schema may be started by several brokers.
      schema.adapter = new StoreAdapter(spec);
      // Moleculer starts the last mixin first and stops it last. The store is not to depend on that.
      schema.created = [created, schema.created].flat().filter(Boolean);
      schema.started = [open, schema.started].flat().filter(Boolean);
      schema.stopped = [close, schema.stopped].flat().filter(Boolean);
    },
  } as Mixin<{ db: Collection<D> }>;
}

/** Waits for MongoDB without end. A folder that is no use stops the start. */
async function open(this: Host): Promise<void> {
  if (!this.config.MONGO_URL) return this.connect();
  await patiently(this.broker, "MONGO_URL", () => this.connect());
  if (!this.broker.stopping) return;
  await this.disconnect();
  throw new Error("Stopped before it had started");
}

function close(this: Host): Promise<void> {
  return this.disconnect();
}

/** Moleculer-db's adapter, which picks the store when the configuration of its service is known. */
class StoreAdapter {
  readonly #spec: CollectionSpec;
  #collection!: EmbeddedCollection<Doc> | MongoCollection<Doc>;

  constructor(spec: CollectionSpec) {
    this.#spec = spec;
  }

  init(broker: ServiceBroker, service: Host): void {
    const { config, logger } = service;
    this.#collection = config.MONGO_URL
      ? new MongoCollection(this.#spec, {
          url: config.MONGO_URL,
          namespace: config.NAMESPACE ?? "",
          troubles: troublesOf(broker),
        })
      : new EmbeddedCollection(this.#spec, {
          file: join(config.DATA_DIR, `${this.#spec.name}.db`),
          logger,
          onFatal: endProcess(broker),
        });
    service.db = this.#collection;
  }

  connect(): Promise<void> {
    return this.#collection.open();
  }

  disconnect(): Promise<void> {
    return this.#collection.close();
  }
}
