import { defineMixin, type Mixin } from "../../core/contract.ts";
import type { Runtime } from "../../core/runtime.ts";
import { troublesOf } from "../../core/trouble.ts";
import { BullQueue } from "./bull.ts";
import { InProcessQueue } from "./memory.ts";
import type { RedisHost } from "../redis.ts";

/** How long a job waits after its first, second, … failed attempt, ms. After the last one it is given up. */
const BACKOFF = [100, 500, 2000, 10_000, 30_000];
/** How many jobs of one queue run at a time, in each process. */
const CONCURRENCY = 16;

export interface Job<D> {
  id: string;
  data: D;
}

/** `Jobs`: the name of each queue and the data of its jobs. */
export interface QueueHandle<Jobs extends object> {
  /**
   * Runs the job at `at` (ms since the epoch; now when left out). While a job of this id waits or runs, adding it
   * again changes nothing. Throws TRY_AGAIN when that cannot be told to Redis within two seconds.
   */
  add<N extends keyof Jobs & string>(name: N, data: Jobs[N], options?: { id?: string; at?: number }): Promise<void>;
  /** Takes a waiting job off; one that runs already ends as it will, without another attempt. Throws TRY_AGAIN. */
  remove(name: keyof Jobs & string, id: string): Promise<void>;
  /** Throws TRY_AGAIN. */
  counts(name: keyof Jobs & string): Promise<QueueCounts>;
}

export interface QueueCounts {
  /** Due, and not begun. */
  waiting: number;
  /** Not due yet, or between two attempts. */
  delayed: number;
  active: number;
  /** Given up after all attempts, ever since the queue exists. */
  failed: number;
  /** When the next of the delayed ones is due, ms since the epoch. */
  next: number | null;
}

export interface QueueOptions {
  concurrency?: number;
  backoff?: readonly number[];
}

/** What a queue needs to know, and what it can do: the shape that every backend has. */
export interface QueueSpec extends RedisHost {
  /** "<service>.<queue>": the same in every replica of the service. */
  name: string;
  run(job: Job<unknown>): Promise<void>;
  concurrency: number;
  backoff: readonly number[];
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void; error(...words: unknown[]): void };
}
export interface Backend {
  /** Resolves when jobs can be added and run; rejects when it is closed before. */
  open(): Promise<void>;
  add(job: Job<unknown>, at: number): Promise<void>;
  remove(id: string): Promise<void>;
  counts(): Promise<QueueCounts>;
  /** Starts no further job and waits for the running ones. */
  close(): Promise<void>;
}

/** The one place that decides where jobs wait. */
const openQueue = (spec: QueueSpec): Backend =>
  spec.config.REDIS_URL ? new BullQueue(spec) : new InProcessQueue(spec);

/**
 * Timers by name: delay, one job per id, attempts with back-off, bounded concurrency. Jobs are wake-ups and
 * nothing else: they may be lost, and one may run twice, so whatever must happen is found by a sweeper too, and a worker
 * looks at the document before it acts. Workers are called on the service and declare the `this` they need.
 *
 * Where REDIS_URL is set they wait in Redis, in Bull; otherwise in this process. The same suite holds for both, and
 * these are the differences:
 *
 * | | in this process | Bull |
 * |---|---|---|
 * | jobs outlive | nothing: a stop forgets them | processes, and Redis itself as far as it keeps its data |
 * | a job runs | here | in any replica of the service |
 * | a process dies with a job | the job is lost | another replica runs it again within ten seconds |
 * | a process that hangs for five seconds | runs its jobs late | may see its jobs run elsewhere meanwhile |
 * | data | is cloned | travels as JSON: undefined goes, a Date becomes a string |
 * | `add`, `remove` and `counts` | never fail | throw TRY_AGAIN within two seconds while Redis does not answer |
 * | what `add` did that threw | | unknown: it may have been done; with an id of one's own it can be repeated |
 * | `concurrency` | of all | of each replica |
 * | `failed` | since the start | since the queue was first used, or Redis flushed |
 * | `started` | at once | waits for Redis, and says so |
 */
export function Queue<Jobs extends object>(
  workers: { [N in keyof Jobs]: (job: Job<Jobs[N]>) => Promise<void> },
  { concurrency = CONCURRENCY, backoff = BACKOFF }: QueueOptions = {},
): Mixin<{ queue: QueueHandle<Jobs> }> {
  return defineMixin<{ queue: QueueHandle<Jobs>; $queues: Map<string, Backend> }>({
    created() {
      const { broker, config, runtime, logger } = this;
      const troubles = troublesOf(broker);
      const named = Object.entries(workers as Record<string, (job: Job<unknown>) => Promise<void>>);
      this.$queues = new Map(
        named.map(([queue, worker]) => {
          const run = async (job: Job<unknown>) => worker.call(this, job);
          const name = `${this.name}.${queue}`;
          return [queue, openQueue({ name, run, concurrency, backoff, config, troubles, runtime, logger })];
        }),
      );
      this.queue = {
        add: (name, data, { id = runtime.id(), at = runtime.now() } = {}) =>
          this.$queues.get(name)!.add({ id, data }, at),
        remove: (name, id) => this.$queues.get(name)!.remove(id),
        counts: (name) => this.$queues.get(name)!.counts(),
      };
    },
    async started() {
      await Promise.all([...this.$queues.values()].map((queue) => queue.open()));
    },
    async stopped() {
      await Promise.all([...this.$queues.values()].map((queue) => queue.close()));
    },
  });
}
