import type { Consumer, ConsumerMessages, JsMsg, NatsError } from "nats";
import type { Timer } from "../../core/runtime.ts";
import type { Connection } from "./jetstream.ts";

/** How many messages an instance holds that are not acknowledged: few, so that the others have work too. */
const HELD = 64;
/** Fewer are not asked for at a time. */
const BATCH = 16;
/** How long one request for messages stands, ms. */
const ASK_FOR = 5000;
/** How long to wait after trouble with the server, ms. */
const PAUSE = 500;
/** When the server forgets the consumer of an instance that is gone, ms. */
const FORGET_AFTER = 60_000;
/** Messages that wait for another attempt count as pending: there is room for many. */
const MAX_PENDING = 10_000;
/** Clocks of two machines may differ by that, ms. */
const SKEW = 10_000;
const NANOS_PER_MS = 1e6;

export interface ConsumerPlan {
  name: string;
  subjects: string[];
  from: "all" | "new";
  /** False: it belongs to one instance and goes with it. */
  lasting: boolean;
}

/** Takes a message; `done` says that it is settled, one way or the other. */
type Take = (message: JsMsg, done: () => void) => void;

/** Pulls from one consumer, makes it anew whenever it is missing, and keeps what it holds from being redelivered. */
export class Puller {
  readonly #connection: Connection;
  readonly #plan: ConsumerPlan;
  readonly #ackWait: number;
  readonly #take: Take;
  readonly #held = new Set<JsMsg>();
  #heartbeat: Timer | undefined;
  #batch: ConsumerMessages | undefined;
  #loop: Promise<void> = Promise.resolve();
  #wake = () => {};
  #paused = false;
  /** When the newest message was published, or this began: where a lost consumer of new facts goes on, ms. */
  #since: number;
  #began = false;

  constructor(connection: Connection, plan: ConsumerPlan, ackWait: number, take: Take) {
    this.#connection = connection;
    this.#plan = plan;
    this.#ackWait = ackWait;
    this.#take = take;
    this.#since = connection.runtime.now();
  }

  /** Resolves when the consumer exists. */
  async start(): Promise<void> {
    const consumer = await this.#ensure();
    this.#heartbeat = this.#connection.runtime.every(this.#ackWait / 3, () => {
      for (const message of this.#held) message.working();
    });
    this.#loop = this.#pull(consumer);
  }

  /** Takes nothing more. */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#wake();
    await this.#batch?.close();
    await this.#loop;
  }

  /** Gives back what is left. */
  stop(): void {
    const { jsm, facts } = this.#connection;
    this.#heartbeat?.cancel();
    for (const message of this.#held) message.nak();
    // Not waited for: if it fails, the server forgets it by itself.
    if (!this.#plan.lasting) void jsm.consumers.delete(facts, this.#plan.name).catch(() => {});
  }

  async #pull(consumer: Consumer): Promise<void> {
    let source: Consumer | undefined = consumer;
    while (!this.#paused) {
      try {
        source ??= await this.#ensure();
        if (this.#held.size > HELD - BATCH) await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#batch = await source.fetch({ max_messages: HELD - this.#held.size, expires: ASK_FOR });
        if (this.#paused) void this.#batch.close();
        for await (const message of this.#batch) this.#hold(message);
      } catch (error) {
        if (this.#paused) return;
        this.#connection.logger.warn(`Bus: consumer ${this.#plan.name} does not answer, trying again`, error);
        source = undefined;
        await this.#connection.runtime.sleep(PAUSE);
      }
    }
  }

  #hold(message: JsMsg): void {
    this.#held.add(message);
    if (this.#paused) return;
    this.#since = message.info.timestampNanos / NANOS_PER_MS;
    this.#take(message, () => {
      this.#held.delete(message);
      if (this.#held.size <= HELD - BATCH) this.#wake();
    });
  }

  /** The consumer, made when it is missing; the streams too. */
  async #ensure(): Promise<Consumer> {
    const { js, jsm, facts, ensureStreams } = this.#connection;
    const { name } = this.#plan;
    const limits = { ack_wait: this.#ackWait * NANOS_PER_MS, max_ack_pending: MAX_PENDING };
    try {
      await jsm.consumers.update(facts, name, limits);
    } catch (error) {
      if ((error as NatsError).code !== "404") throw error;
      await ensureStreams();
      await jsm.consumers.add(facts, { ...this.#beginning(), ...limits });
    }
    this.#began = true;
    return js.consumers.get(facts, name);
  }

  #beginning() {
    const { AckPolicy, DeliverPolicy } = this.#connection.nats;
    const { name, subjects, from, lasting } = this.#plan;
    const goOn = {
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: new Date(this.#since - SKEW).toISOString(),
    };
    const begin = { deliver_policy: from === "all" ? DeliverPolicy.All : DeliverPolicy.New };
    return {
      durable_name: name,
      filter_subjects: subjects,
      ack_policy: AckPolicy.Explicit,
      max_deliver: -1,
      ...(from === "new" && this.#began ? goOn : begin),
      ...(!lasting && { inactive_threshold: FORGET_AFTER * NANOS_PER_MS, mem_storage: true }),
    };
  }
}
