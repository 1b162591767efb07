import { defineMixin, type Mixin } from "../core/contract.ts";
import { within, type Runtime, type Timer } from "../core/runtime.ts";
import { dueKey } from "../core/store.ts";
import type { Collection, Doc, Update } from "./db/collection.ts";

/** How often the sweeper looks, ms. A hold is to be back within 2 s of its deadline even when its timer was lost. */
const EVERY = 1000;
/** How many documents it takes at a time. */
const BATCH = 100;
/** How many may be on their way before it takes no more. */
const MOST = 200;
/** How long a stop waits for those on their way, ms. */
const STOP_WITHIN = 2000;

interface Due extends Doc {
  due?: string;
}

interface State {
  timer?: Timer;
  /** The search for what is overdue; one at a time. */
  taking: Promise<unknown> | null;
  driving: Set<Promise<void>>;
}

interface Host<D extends Due> {
  db: Collection<D>;
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void };
  $sweep: State;
}

export interface SweeperOptions<D extends Due, This> {
  /** How long nobody else looks at a document after one sweeper took it, ms. */
  patience: number | ((doc: D) => number);
  /** Drives the document on by calling the next command. Commands change nothing when repeated. */
  drive(this: This, doc: D): Promise<void>;
}

/**
 * R7: every document that is not at rest carries `due`; whoever finds it overdue drives it on. Timers and the
 * bus make things prompt, the sweeper makes them certain. One that hangs, say at the provider, holds nobody up.
 */
export function Sweeper<D extends Due, This = unknown>(
  options: SweeperOptions<D, This>,
): Mixin<{ sweep(): Promise<number> }> {
  return defineMixin<{ sweep(): Promise<number>; $sweep: State }, { db: Collection<D> }>({
    methods: {
      /** One round over everything overdue by now; resolves when all of it was tried once, with how many that were. */
      async sweep(): Promise<number> {
        await this.$sweep.taking?.catch(() => undefined);
        return (await Promise.all(await take(this, options))).length;
      },
    },
    created() {
      this.$sweep = { taking: null, driving: new Set() };
    },
    async started() {
      const look = () => {
        if (this.$sweep.taking || this.$sweep.driving.size >= MOST) return;
        take(this, options).catch((error: unknown) => this.logger.warn("Sweeper", error));
      };
      this.$sweep.timer = this.runtime.every(EVERY, look);
      look();
    },
    async stopped() {
      this.$sweep.timer?.cancel();
      await this.$sweep.taking?.catch(() => undefined);
      await within(this.runtime, STOP_WITHIN, Promise.all(this.$sweep.driving));
    },
  });
}

/** Takes everything overdue and begins to drive it. */
function take<D extends Due, This>(host: Host<D>, options: SweeperOptions<D, This>): Promise<Promise<void>[]> {
  const taking = search(host, options).finally(() => (host.$sweep.taking = null));
  host.$sweep.taking = taking;
  return taking;
}

async function search<D extends Due, This>(host: Host<D>, options: SweeperOptions<D, This>): Promise<Promise<void>[]> {
  const { db, runtime, $sweep } = host;
  const drives: Promise<void>[] = [];
  for (;;) {
    const now = runtime.now();
    const overdue = await db.find({ due: { $lt: dueKey(now, "") } }, { limit: BATCH });
    await Promise.all(
      overdue.map(async (doc) => {
        // Taking it by a guarded write keeps replicas from all driving the same document.
        const patience = typeof options.patience === "number" ? options.patience : options.patience(doc);
        const update = { $set: { due: dueKey(now + patience, doc._id) } } as unknown as Update<D>;
        const mine = await db.claim({ due: doc.due, _id: doc._id }, update);
        if (!mine) return;
        const driving = options.drive
          .call(host as This, mine)
          .catch((error: unknown) => host.logger.warn(`Sweeper: ${doc._id} stays due`, error))
          .finally(() => $sweep.driving.delete(driving));
        $sweep.driving.add(driving);
        drives.push(driving);
      }),
    );
    if (overdue.length < BATCH || $sweep.driving.size >= MOST) return drives;
  }
}
