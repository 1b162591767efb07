import { defineMixin, type Mixin } from "../core/contract.ts";
import type { Runtime, Timer } from "../core/runtime.ts";

/** How long a job waits after its first, second, … failed attempt, ms. After the last one it is given up. */
const BACKOFF = [100, 500, 2000, 10_000, 30_000];
/** How many jobs of one queue run at a time. */
const CONCURRENCY = 16;

export interface Job<D> {
  id: string;
  data: D;
}

/** `Jobs`: the name of each queue and the data of its jobs. */
export interface QueueHandle<Jobs extends object> {
  /**
   * Runs the job at `at` (ms since the epoch; now when left out). While a job of this id waits or runs, adding it
   * again changes nothing.
   */
  add<N extends keyof Jobs & string>(name: N, data: Jobs[N], options?: { id?: string; at?: number }): Promise<void>;
  /** Takes a waiting job off; one that runs already ends as it will, without another attempt. */
  remove(name: keyof Jobs & string, id: string): Promise<void>;
}

export interface QueueOptions {
  concurrency?: number;
  backoff?: readonly number[];
}

/** What a queue needs to know, and what it can do: the shape that every backend has. */
interface QueueSpec {
  name: string;
  run(job: Job<unknown>): Promise<void>;
  concurrency: number;
  backoff: readonly number[];
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void; error(...words: unknown[]): void };
}
interface Backend {
  add(job: Job<unknown>, at: number): Promise<void>;
  remove(id: string): Promise<void>;
  /** Starts no further job and waits for the running ones. */
  close(): Promise<void>;
}

/** The one place that decides where jobs wait. */
const openQueue = (spec: QueueSpec): Backend => new InProcessQueue(spec);

/**
 * Timers by name: delay, one job per id, attempts with back-off, bounded concurrency. Jobs are wake-ups and
 * nothing else: a crash or a stop may lose them, so whatever must happen is found by a sweeper too, and a worker
 * looks at the document before it acts. Workers are called on the service and declare the `this` they need.
 */
export function Queue<Jobs extends object>(
  workers: { [N in keyof Jobs]: (job: Job<Jobs[N]>) => Promise<void> },
  { concurrency = CONCURRENCY, backoff = BACKOFF }: QueueOptions = {},
): Mixin<{ queue: QueueHandle<Jobs> }> {
  return defineMixin<{ queue: QueueHandle<Jobs>; $queues: Map<string, Backend> }>({
    created() {
      const { runtime, logger } = this;
      const named = Object.entries(workers as Record<string, (job: Job<unknown>) => Promise<void>>);
      this.$queues = new Map(
        named.map(([name, worker]) => {
          const run = async (job: Job<unknown>) => worker.call(this, job);
          return [name, openQueue({ name, run, concurrency, backoff, runtime, logger })];
        }),
      );
      this.queue = {
        add: (name, data, { id = runtime.id(), at = runtime.now() } = {}) =>
          this.$queues.get(name)!.add({ id, data }, at),
        remove: (name, id) => this.$queues.get(name)!.remove(id),
      };
    },
    async stopped() {
      await Promise.all([...this.$queues.values()].map((queue) => queue.close()));
    },
  });
}

interface Entry {
  job: Job<unknown>;
  failures: number;
  timer?: Timer;
}

class InProcessQueue implements Backend {
  readonly #spec: QueueSpec;
  /** Every job that waits or runs, by id. */
  readonly #entries = new Map<string, Entry>();
  /** Jobs whose time has come, in that order; some may have been removed since. */
  readonly #due: Entry[] = [];
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor(spec: QueueSpec) {
    this.#spec = spec;
  }

  async add({ id, data }: Job<unknown>, at: number): Promise<void> {
    if (this.#closed || this.#entries.has(id)) return;
    // A copy, as it would be after a journey through a server.
    const entry: Entry = { job: { id, data: structuredClone(data) }, failures: 0 };
    this.#entries.set(id, entry);
    this.#wait(entry, at - this.#spec.runtime.now());
  }

  async remove(id: string): Promise<void> {
    this.#entries.get(id)?.timer?.cancel();
    this.#entries.delete(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#entries.values()) timer?.cancel();
    this.#entries.clear();
    await Promise.all(this.#running);
  }

  #wait(entry: Entry, ms: number): void {
    entry.timer = this.#spec.runtime.after(Math.max(0, ms), () => {
      this.#due.push(entry);
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#running.size < this.#spec.concurrency && this.#due.length) {
      const entry = this.#due.shift()!;
      if (!this.#holds(entry)) continue;
      const running = this.#attempt(entry).finally(() => {
        this.#running.delete(running);
        this.#pump();
      });
      this.#running.add(running);
    }
  }

  async #attempt(entry: Entry): Promise<void> {
    const { name, run, backoff, logger } = this.#spec;
    try {
      await run(entry.job);
      if (this.#holds(entry)) this.#entries.delete(entry.job.id);
    } catch (error) {
      if (!this.#holds(entry)) return;
      const pause = backoff[entry.failures++];
      if (pause === undefined) {
        this.#entries.delete(entry.job.id);
        logger.error(`Queue ${name}: job ${entry.job.id} is given up after ${entry.failures} attempts`, error);
      } else {
        logger.warn(`Queue ${name}: job ${entry.job.id} failed, next attempt in ${pause} ms`, error);
        this.#wait(entry, pause);
      }
    }
  }

  /** False when it was removed, and perhaps added anew, or everything was closed. */
  #holds(entry: Entry): boolean {
    return this.#entries.get(entry.job.id) === entry;
  }
}
