import type { Timer } from "../../core/runtime.ts";
import type { Backend, Job, QueueCounts, QueueSpec } from "./queue.ts";

interface Entry {
  job: Job<unknown>;
  failures: number;
  state: "delayed" | "waiting" | "active";
  /** When it is due, ms since the epoch. */
  at: number;
  timer?: Timer;
  removed?: true;
}

/** Jobs that wait in this process, and end with it. */
export class InProcessQueue implements Backend {
  readonly #spec: QueueSpec;
  /** Every job that waits or runs, by id. */
  readonly #entries = new Map<string, Entry>();
  /** Jobs whose time has come, in that order; some may have been removed since. */
  readonly #due: Entry[] = [];
  readonly #running = new Set<Promise<void>>();
  #failed = 0;
  #closed = false;

  constructor(spec: QueueSpec) {
    this.#spec = spec;
  }

  async open(): Promise<void> {}

  async add({ id, data }: Job<unknown>, at: number): Promise<void> {
    if (this.#closed || this.#entries.has(id)) return;
    // A copy, as it would be after a journey through a server.
    const entry: Entry = { job: { id, data: structuredClone(data) }, failures: 0, state: "delayed", at };
    this.#entries.set(id, entry);
    this.#wait(entry, at - this.#spec.runtime.now());
  }

  async remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.removed = true;
    entry.timer?.cancel();
    // Its id is taken until it has ended.
    if (entry.state !== "active") this.#entries.delete(id);
  }

  async counts(): Promise<QueueCounts> {
    const counts: QueueCounts = { waiting: 0, delayed: 0, active: 0, failed: this.#failed, next: null };
    for (const { state, at } of this.#entries.values()) {
      counts[state]++;
      if (state === "delayed") counts.next = Math.min(counts.next ?? at, at);
    }
    return counts;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#entries.values()) timer?.cancel();
    await Promise.all(this.#running);
    this.#entries.clear();
  }

  #wait(entry: Entry, ms: number): void {
    entry.timer = this.#spec.runtime.after(Math.max(0, ms), () => {
      entry.state = "waiting";
      this.#due.push(entry);
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#closed && this.#running.size < this.#spec.concurrency && this.#due.length) {
      const entry = this.#due.shift()!;
      if (entry.removed) continue;
      entry.state = "active";
      const running = this.#attempt(entry).finally(() => {
        this.#running.delete(running);
        this.#pump();
      });
      this.#running.add(running);
    }
  }

  async #attempt(entry: Entry): Promise<void> {
    const { name, run, backoff, runtime, logger } = this.#spec;
    const { job } = entry;
    try {
      await run(job);
      this.#entries.delete(job.id);
    } catch (error) {
      const pause = backoff[entry.failures++];
      if (entry.removed || this.#closed) {
        this.#entries.delete(job.id);
      } else if (pause === undefined) {
        this.#failed++;
        this.#entries.delete(job.id);
        logger.error(`Queue ${name}: job ${job.id} is given up after ${entry.failures} attempts`, error);
      } else {
        logger.warn(`Queue ${name}: job ${job.id} failed, next attempt in ${pause} ms`, error);
        entry.state = "delayed";
        entry.at = runtime.now() + pause;
        this.#wait(entry, pause);
      }
    }
  }
}
