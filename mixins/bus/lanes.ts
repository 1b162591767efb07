/** Must not reject. */
type Task = () => Promise<void>;

interface Lane {
  key: string;
  waiting: Task[];
}

/** Runs tasks, at most `limit` at a time, and those of one key one after the other in the order they were added. */
export class Lanes {
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes whose next task may run. */
  #ready: Lane[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(key: string, task: Task): void {
    const lane = this.#lanes.get(key);
    if (lane) return void lane.waiting.push(task);
    const opened = { key, waiting: [task] };
    this.#lanes.set(key, opened);
    this.#ready.push(opened);
    this.#pump();
  }

  /** Forgets the tasks that wait, and waits for those that run. */
  async stop(): Promise<void> {
    this.#ready = [];
    for (const { waiting } of this.#lanes.values()) waiting.length = 0;
    await Promise.all(this.#running);
  }

  #pump(): void {
    while (this.#running.size < this.#limit && this.#ready.length) {
      const lane = this.#ready.shift()!;
      const running = lane.waiting.shift()!().then(() => {
        this.#running.delete(running);
        if (lane.waiting.length) this.#ready.push(lane);
        else this.#lanes.delete(lane.key);
        this.#pump();
      });
      this.#running.add(running);
    }
  }
}

/** The entity a fact is about: its id `<entity>:<_id>:<version>:<n>` without the last two parts. */
export const entityOf = (id: string): string => id.slice(0, id.lastIndexOf(":", id.lastIndexOf(":") - 1));
