import { defineMixin, type Mixin } from "../core/contract.ts";
import type { Runtime, Timer } from "../core/runtime.ts";
import { dueKey } from "../core/store.ts";
import type { Collection, Doc, Update } from "./collection.ts";

/** How often the sweeper looks, ms. A hold is to be back within 2 s of its deadline even when its timer was lost. */
const EVERY = 1000;
/** How many documents it takes at a time. */
const BATCH = 100;

interface Due extends Doc {
  due?: string;
}

interface Host<D extends Due> {
  db: Collection<D>;
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void };
  $sweep: State;
}

interface State {
  timer?: Timer;
  running: Promise<void> | null;
  stopping: boolean;
}

export interface SweeperOptions<D extends Due, This> {
  /** How long nobody else looks at a document after one sweeper took it, ms. */
  patience: number;
  /** Drives the document on by calling the next command. Commands change nothing when repeated. */
  drive(this: This, doc: D): Promise<void>;
}

/**
 * R7: every document that is not at rest carries `due`; whoever finds it overdue drives it on. Timers and the
 * bus make things prompt, the sweeper makes them certain.
 */
export function Sweeper<D extends Due, This = unknown>(
  options: SweeperOptions<D, This>,
): Mixin<{ sweep(): Promise<void> }> {
  return defineMixin<{ sweep(): Promise<void>; $sweep: State }, { db: Collection<D> }>({
    methods: {
      /** One round over everything overdue by now; resolves when all of it was tried once. */
      sweep(): Promise<void> {
        const before = this.$sweep.running?.catch(() => undefined) ?? Promise.resolve();
        const running = before.then(() => round(this, options));
        this.$sweep.running = running;
        return running.finally(() => {
          if (this.$sweep.running === running) this.$sweep.running = null;
        });
      },
    },
    created() {
      this.$sweep = { running: null, stopping: false };
    },
    async started() {
      const look = () => {
        if (this.$sweep.running) return;
        this.sweep().catch((error: unknown) => this.logger.warn("Sweeper", error));
      };
      this.$sweep.timer = this.runtime.every(EVERY, look);
      look();
    },
    async stopped() {
      this.$sweep.stopping = true;
      this.$sweep.timer?.cancel();
      await this.$sweep.running?.catch(() => undefined);
    },
  });
}

async function round<D extends Due>(host: Host<D>, { patience, drive }: SweeperOptions<D, never>): Promise<void> {
  for (;;) {
    const now = host.runtime.now();
    const overdue = await host.db.find({ due: { $lt: dueKey(now, "") } }, { limit: BATCH });
    await Promise.all(
      overdue.map(async (doc) => {
        // Taking it by a guarded write keeps replicas from all driving the same document.
        const update = { $set: { due: dueKey(now + patience, doc._id) } } as unknown as Update<D>;
        const mine = await host.db.claim({ due: doc.due, _id: doc._id }, update);
        if (!mine) return;
        await (drive as (this: unknown, doc: D) => Promise<void>)
          .call(host, mine)
          .catch((error: unknown) => host.logger.warn(`Sweeper: ${doc._id} stays due`, error));
      }),
    );
    if (overdue.length < BATCH || host.$sweep.stopping) return;
  }
}
