import type Bull from "bull";
import type { Redis } from "ioredis";
import { fail } from "../../core/errors.ts";
import { within, type Timer } from "../../core/runtime.ts";
import type { Backend, Job, QueueCounts, QueueSpec } from "./queue.ts";
import { keyspaceOf, redisConnector } from "../redis.ts";

/** How long Redis has for an answer that somebody waits for, ms. */
const ANSWER_WITHIN = 2000;
/** How long a stop waits for what ended jobs came to being written, ms. */
const CLOSE_WITHIN = 1000;
/** How often Redis is asked for a sign of life, ms. */
const ASK_EVERY = 3000;
const SETTINGS = {
  // A job whose worker gave no sign for five seconds is run again at the second check after that.
  lockDuration: 5000,
  stalledInterval: 2500,
  // Processes die for many reasons: only a job that seems to be the reason is given up.
  maxStalledCount: 10,
  // How long after Redis has come back the delayed and the waiting jobs are looked at again.
  guardInterval: 1000,
  retryProcessDelay: 500,
};
/** Bull sorts the delayed jobs by time, in its higher bits, and number. */
const ORDINALS = 4096;

interface Content extends Job<unknown> {
  removed?: true;
}
type Queue = Bull.Queue<Content>;

/**
 * Jobs in Redis, by Bull itself. Not by moleculer-bull: it wants its URL when the schema is written, before the
 * configuration is known, never closes its queues, and is made for Moleculer 0.14.
 */
export class BullQueue implements Backend {
  readonly #spec: QueueSpec;
  readonly #running = new Set<Promise<void>>();
  #connections: { client?: Redis; subscriber?: Redis; bclient?: Redis } = {};
  #queue: Queue | undefined;
  #watch: Timer | undefined;
  /** Ends the wait for Redis. */
  #abandon = () => {};
  #closed = false;

  constructor(spec: QueueSpec) {
    this.#spec = spec;
  }

  async open(): Promise<void> {
    const { name, config, concurrency, backoff, logger } = this.#spec;
    // Loaded here alone: it takes memory that most services can do without.
    const [{ default: Bull }, connect] = await Promise.all([import("bull"), redisConnector(this.#spec)]);
    const stopped = new Error("Stopped before it had started");
    if (this.#closed) throw stopped;
    const lasting = { maxRetriesPerRequest: null, connectionName: `${keyspaceOf(config)}:${name}` };
    const client = connect(lasting);
    this.#connections = { client };
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve);
      this.#abandon = () => reject(stopped);
    });
    if (this.#closed) throw stopped;
    // Bull wants these without a check, so they are made when the other one has passed it.
    const blocking = { ...lasting, enableReadyCheck: false };
    const connections = { client, subscriber: connect(blocking), bclient: connect(blocking) };
    this.#connections = connections;
    const queue = new Bull<Content>(name, {
      prefix: keyspaceOf(config),
      createClient: (type) => connections[type],
      settings: { ...SETTINGS, backoffStrategies: { table: (attempts) => backoff[attempts - 1]! } },
      metrics: { maxDataPoints: 1 },
      defaultJobOptions: {
        attempts: backoff.length + 1,
        backoff: { type: "table" },
        // A job that stayed would keep its id taken.
        removeOnComplete: true,
        removeOnFail: true,
      },
    });
    this.#queue = queue;
    // The connections have a name, and nobody would hear that giving it failed.
    Object.assign(queue, { setWorkerName: async () => {} });
    queue.on("error", (error) => {
      // While Redis is away its connection says so.
      if (client.status === "ready" && !this.#closed) logger.warn(`Queue ${name}: ${error.message}`);
    });
    queue.on("failed", (job: Bull.Job | null, error: Error) => {
      if (!job) logger.error(`Queue ${name}: a job is given up, its process ended too often`, error);
    });
    queue.process(concurrency, (job) => this.#work(job)).catch(() => {});
    this.#watch = this.#spec.runtime.every(
      ASK_EVERY,
      () => void this.#ask(({ client }) => client.ping()).catch(() => this.#reconnect()),
    );
  }

  async add({ id, data }: Job<unknown>, at: number): Promise<void> {
    const timestamp = this.#spec.runtime.now();
    // Bull's types do not know that a delay can be told from when it counts.
    const options: Bull.JobOptions = Object.assign(
      { jobId: idOf(id), delay: Math.max(0, at - timestamp) },
      { timestamp },
    );
    await this.#ask((queue) => queue.add({ id, data }, options));
  }

  async remove(id: string): Promise<void> {
    await this.#ask(async (queue) => {
      const job = await queue.getJob(idOf(id));
      if (!job) return;
      try {
        await job.remove();
      } catch {
        // It runs. Should it have ended by now, there is nothing to mark.
        await job.update({ ...job.data, removed: true }).catch(() => {});
      }
    });
  }

  async counts(): Promise<QueueCounts> {
    return this.#ask(async (queue) => {
      const [{ waiting, delayed, active }, [, score], { meta }] = await Promise.all([
        queue.getJobCounts(),
        queue.client.zrange(queue.toKey("delayed"), 0, 0, "WITHSCORES"),
        queue.getMetrics("failed"),
      ]);
      const next = score === undefined ? null : Math.floor(Number(score) / ORDINALS);
      return { waiting, delayed, active, failed: meta.count, next };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.cancel();
    this.#abandon();
    const { runtime } = this.#spec;
    const { bclient } = this.#connections;
    // Bull connects it again, and nobody would end that.
    if (bclient) bclient.connect = async () => {};
    const closed = this.#queue?.close() ?? Promise.resolve();
    // It ends the wait for the next job.
    bclient?.disconnect();
    await Promise.all(this.#running);
    await within(runtime, CLOSE_WITHIN, closed);
    // One that has ended already would leave a timer behind.
    for (const connection of Object.values(this.#connections)) if (connection.status !== "end") connection.disconnect();
    await within(runtime, CLOSE_WITHIN, closed);
  }

  async #work(job: Bull.Job<Content>): Promise<void> {
    const { name, run, backoff, logger } = this.#spec;
    const { id, data, removed } = job.data;
    if (removed) return;
    const running = run({ id, data });
    const ended = running.then(
      () => {},
      () => {},
    );
    this.#running.add(ended);
    try {
      await running;
    } catch (error) {
      const now = await this.#queue!.getJob(job.id);
      if (!now || now.data.removed) return;
      const pause = backoff[job.attemptsMade];
      if (pause === undefined)
        logger.error(`Queue ${name}: job ${id} is given up after ${job.attemptsMade + 1} attempts`, error);
      else logger.warn(`Queue ${name}: job ${id} failed, next attempt in ${pause} ms`, error);
      throw error;
    } finally {
      this.#running.delete(ended);
    }
  }

  /** A server that went without a word, as lost machines do, would be waited for until TCP gives up: a quarter of an hour. */
  #reconnect(): void {
    if (this.#closed || this.#connections.client?.status !== "ready") return;
    for (const connection of Object.values(this.#connections)) connection.disconnect(true);
  }

  /** What Redis does not answer in time, or badly, is TRY_AGAIN. Commands would wait for it without an end. */
  async #ask<T>(question: (queue: Queue) => Promise<T>): Promise<T> {
    const refuse = (reason: string) => fail("TRY_AGAIN", undefined, `Queue ${this.#spec.name}: ${reason}`);
    if (!this.#queue || this.#connections.client?.status !== "ready") throw refuse("Redis is not there");
    const asked = question(this.#queue).then(
      (answer) => ({ answer }),
      (error: Error) => {
        throw refuse(`Redis says: ${error.message}`);
      },
    );
    const answered = await within(this.#spec.runtime, ANSWER_WITHIN, asked);
    if (!answered) throw refuse("Redis does not answer");
    return answered.answer;
  }
}

/** Bull's own keys stand beside those of its jobs: an id that is one of their names would be a disaster. */
const idOf = (id: string) => `job-${id}`;
