import type { ServiceBroker } from "moleculer";
import type { JetStreamClient, JetStreamManager, NatsConnection, NatsError, StoredMsg, StreamConfig } from "nats";
import type { World } from "../../core/broker.ts";
import { fail } from "../../core/errors.ts";
import type { Envelope } from "../../core/facts.ts";
import { connectNats } from "../../core/nats.ts";
import { within, type Runtime } from "../../core/runtime.ts";
import { patiently } from "../../core/trouble.ts";
import type { Backend, DeadLetter, Subscriber } from "./bus.ts";
import { JetStreamSubscription } from "./consumer.ts";

/** How long a publish waits for its acknowledgement, ms, and how long anything else waits for an answer. */
const PUBLISH_WITHIN = 5000;
const ANSWER_WITHIN = 2000;
/** How long a stop waits for a server that may be away, ms. */
const DRAIN_WITHIN = 1000;
const KEEP_DAYS = 30;
const DEDUPE_SECONDS = 120;
const LISTED = 1000;
const NANOS = 1e9;
/** JetStream's code for a stream of this name with another configuration: that of an earlier version. */
const STREAM_EXISTS = 10058;

/** JetStream as this process sees it. */
export interface Connection {
  nats: typeof import("nats");
  js: JetStreamClient;
  jsm: JetStreamManager;
  /** Names of the streams. */
  facts: string;
  letters: string;
  /** What the subjects begin with. */
  prefix: string;
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void; error(...words: unknown[]): void };
  /** For the start of a service: asks until there is an answer, see `patiently`. */
  patiently<T>(ask: () => Promise<T>): Promise<T>;
  /** Makes what is missing of the streams; changes nothing where they are. */
  ensureStreams(): Promise<void>;
}

/** The bus of a cluster: NATS JetStream. NAMESPACE is part of every name, so that shops can share a server. */
export async function openJetStream(broker: ServiceBroker & World): Promise<Backend> {
  const { config, runtime } = broker;
  // Loaded here alone: a single process does without.
  const nats = await import("nats");
  const connection = await connectNats(broker, `bus ${broker.nodeID}`);
  const js = connection.jetstream({ timeout: ANSWER_WITHIN });
  const persist = <T>(ask: () => Promise<T>) => patiently(broker, "NATS_URL", ask);
  const jsm = await persist(() => connection.jetstreamManager({ timeout: ANSWER_WITHIN }));
  const prefix = config.NAMESPACE ? `holdfast-${config.NAMESPACE}` : "holdfast";
  const [facts, letters] = [`${prefix}-facts`, `${prefix}-letters`];
  const logger = broker.getLogger("BUS");
  const ensureStream = (config: Partial<StreamConfig> & { name: string }) =>
    jsm.streams
      .add({ storage: nats.StorageType.File, retention: nats.RetentionPolicy.Limits, ...config })
      .catch((error: NatsError) => {
        if (error.api_error?.err_code !== STREAM_EXISTS) throw error;
        return jsm.streams.update(config.name, config);
      });
  const ensureStreams = async () => {
    await ensureStream({
      name: facts,
      subjects: [`${prefix}.fact.>`, `${prefix}.replay.>`],
      max_age: KEEP_DAYS * 86_400 * NANOS,
      duplicate_window: DEDUPE_SECONDS * NANOS,
    });
    await ensureStream({ name: letters, subjects: [`${prefix}.letter.>`] });
  };
  const shared = { nats, js, jsm, facts, letters, prefix, runtime, logger, patiently: persist, ensureStreams };
  await persist(ensureStreams);
  return new JetStreamBackend(connection, shared);
}

class JetStreamBackend implements Backend {
  readonly #nats: NatsConnection;
  readonly #connection: Connection;

  constructor(nats: NatsConnection, connection: Connection) {
    this.#nats = nats;
    this.#connection = connection;
  }

  async publish(facts: Envelope[]): Promise<void> {
    const { prefix } = this.#connection;
    await Promise.all(facts.map((fact) => this.#send(`${prefix}.fact.${fact.type}`, fact, fact.id)));
  }

  async subscribe(subscriber: Subscriber): Promise<() => Promise<void>> {
    const bury = async (letter: Omit<DeadLetter, "id">, id: string) => {
      await this.#send(`${this.#connection.prefix}.letter.${letter.group}`, letter, id);
    };
    const subscription = new JetStreamSubscription(this.#connection, subscriber, bury);
    await subscription.start();
    return () => subscription.stop();
  }

  readonly dead = {
    list: async (): Promise<DeadLetter[]> => {
      const { jsm, letters, prefix } = this.#connection;
      const found: DeadLetter[] = [];
      for (let seq = 1; found.length < LISTED;) {
        const query = { seq, next_by_subj: `${prefix}.letter.>` };
        const message = await jsm.streams.getMessage(letters, query).catch(absent);
        if (!message) break;
        found.push(letterIn(message));
        seq = message.seq + 1;
      }
      return found;
    },
    replay: async (id: string): Promise<void> => {
      const { fact, group } = await this.#letter(id);
      // Under an id of its own: the fact's was used, perhaps a moment ago.
      await this.#send(`${this.#connection.prefix}.replay.${group}`, fact, `replay:${id}`);
      await this.dead.drop(id);
    },
    drop: async (id: string): Promise<void> => {
      const { seq } = await this.#message(id);
      await this.#connection.jsm.streams.deleteMessage(this.#connection.letters, seq);
    },
  };

  async close(): Promise<void> {
    const drained = this.#nats.drain().catch(() => {});
    await within(this.#connection.runtime, DRAIN_WITHIN, drained);
    await this.#nats.close();
  }

  async #letter(id: string): Promise<DeadLetter> {
    return letterIn(await this.#message(id));
  }

  async #message(id: string): Promise<StoredMsg> {
    const { jsm, letters } = this.#connection;
    const message = /^\d{1,15}$/.test(id)
      ? await jsm.streams.getMessage(letters, { seq: Number(id) }).catch(absent)
      : null;
    if (!message) throw fail("NOT_FOUND");
    return message;
  }

  /** Resolves when it is stored, or was before under the same id. */
  async #send(subject: string, content: object, msgID: string): Promise<void> {
    const { js, ensureStreams } = this.#connection;
    const send = () => js.publish(subject, JSON.stringify(content), { msgID, timeout: PUBLISH_WITHIN });
    await send().catch(async (error: { code?: string }) => {
      // Nobody listens on the subject: the stream is gone.
      if (error.code !== "503") throw error;
      await ensureStreams();
      await send();
    });
  }
}

const letterIn = (message: StoredMsg): DeadLetter => ({ ...message.json<DeadLetter>(), id: String(message.seq) });

function absent(error: { code?: string; message?: string }): null {
  if (error.code === "404" || /not found/.test(error.message ?? "")) return null;
  throw error;
}
