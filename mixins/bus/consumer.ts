import { createHash } from "node:crypto";
import type { JsMsg } from "nats";
import type { Envelope } from "../../core/facts.ts";
import { describe, type DeadLetter, type Subscriber } from "./bus.ts";
import type { Connection } from "./jetstream.ts";
import { Lanes, entityOf } from "./lanes.ts";
import { Puller, type ConsumerPlan } from "./puller.ts";

/** How many handlers of a subscriber run at a time. */
const CONCURRENCY = 16;

/** Keeps a dead letter durably, once for each `id`. */
type Bury = (letter: Omit<DeadLetter, "id">, id: string) => Promise<void>;

/** A subscriber of JetStream: delivers what its consumers pull, acknowledges it, and tries again. */
export class JetStreamSubscription {
  readonly #connection: Connection;
  readonly #subscriber: Subscriber;
  readonly #bury: Bury;
  readonly #lanes = new Lanes(CONCURRENCY);
  #pullers: Puller[] = [];

  constructor(connection: Connection, subscriber: Subscriber, bury: Bury) {
    this.#connection = connection;
    this.#subscriber = subscriber;
    this.#bury = bury;
  }

  async start(): Promise<void> {
    const { patiently } = this.#connection;
    const plans = await patiently(() => planConsumers(this.#connection, this.#subscriber));
    const take = (message: JsMsg, done: () => void) => this.#take(message, done);
    this.#pullers = plans.map((plan) => new Puller(this.#connection, plan, this.#subscriber.ackWait, take));
    await Promise.all(this.#pullers.map((puller) => patiently(() => puller.start())));
  }

  /** Waits for the handlers in flight; what waits for its turn goes to other instances. */
  async stop(): Promise<void> {
    await Promise.all(this.#pullers.map((puller) => puller.pause()));
    await this.#lanes.stop();
    for (const puller of this.#pullers) puller.stop();
  }

  #take(message: JsMsg, done: () => void): void {
    let fact: Envelope;
    try {
      fact = message.json<Envelope>();
    } catch (error) {
      this.#connection.logger.error(`Bus: message ${message.seq} of ${message.subject} is no fact`, error);
      message.term();
      return done();
    }
    this.#lanes.add(entityOf(fact.id), () => this.#attempt(message, fact).finally(done));
  }

  async #attempt(message: JsMsg, fact: Envelope): Promise<void> {
    const { topics, deliver } = this.#subscriber;
    try {
      // A type that the group no longer has may still come from its consumer.
      if (topics.has(fact.type)) await deliver(fact);
    } catch (error) {
      return this.#failed(message, fact, error);
    }
    await this.#acknowledge(message);
  }

  async #failed(message: JsMsg, fact: Envelope, error: unknown): Promise<void> {
    const { group, backoff } = this.#subscriber;
    const { runtime, logger } = this.#connection;
    const attempts = message.info.deliveryCount;
    const pause = backoff[attempts - 1];
    const name = `${group ?? "a subscriber"}: ${fact.type} ${fact.id}`;
    if (pause !== undefined) {
      logger.warn(`Bus: ${name} failed, next attempt in ${pause} ms`, error);
      return message.nak(pause);
    }
    logger.error(`Bus: ${name} is given up after ${attempts} attempts`, error);
    try {
      const letter = { group: group ?? "", fact, error: describe(error), attempts, at: runtime.now() };
      if (group !== null) await this.#bury(letter, `letter:${group}:${message.seq}`);
      await this.#acknowledge(message);
    } catch (trouble) {
      logger.error(`Bus: the dead letter of ${name} cannot be kept, the fact is tried again`, trouble);
      message.nak(backoff.at(-1) ?? 0);
    }
  }

  /** When the answer is lost the fact comes again; nobody has to know but the log. */
  async #acknowledge(message: JsMsg): Promise<void> {
    await message.ackAck().catch((error: unknown) => {
      this.#connection.logger.warn(`Bus: ${message.subject} ${message.seq} may come again: not acknowledged`, error);
    });
  }
}

/**
 * The consumers of a subscriber. Facts of several types come in order from ONE consumer; types that a later version
 * of a service adds get another one, since a consumer that has moved on never looks back. `<group>=<from>=<hash of types>`.
 */
async function planConsumers(connection: Connection, { group, topics }: Subscriber): Promise<ConsumerPlan[]> {
  const { jsm, facts, prefix, runtime } = connection;
  const subjectOf = (type: string) => `${prefix}.fact.${type}`;
  const all = [...topics.keys()].map(subjectOf);
  if (group === null) return [{ name: `each=${runtime.id()}`, subjects: all, from: "new", lasting: false }];

  const plans: ConsumerPlan[] = [
    { name: `${group}=replay`, subjects: [`${prefix}.replay.${group}`], from: "all", lasting: true },
  ];
  const existing: { name: string; subjects: string[] }[] = [];
  for await (const { name, config } of jsm.consumers.list(facts))
    existing.push({ name, subjects: config.filter_subjects ?? [config.filter_subject!] });

  for (const from of ["all", "new"] as const) {
    const wanted = [...topics].filter(([, begin]) => begin === from).map(([type]) => subjectOf(type));
    const own = existing.filter(({ name }) => name.startsWith(`${group}=${from}=`));
    const covered = new Set(own.flatMap(({ subjects }) => subjects));
    const missing = wanted.filter((subject) => !covered.has(subject)).sort();
    const hash = createHash("sha256").update(missing.join()).digest("hex").slice(0, 8);
    if (missing.length) own.push({ name: `${group}=${from}=${hash}`, subjects: missing });
    for (const { name, subjects } of own)
      if (subjects.some((subject) => wanted.includes(subject))) plans.push({ name, subjects, from, lasting: true });
  }
  return plans;
}
