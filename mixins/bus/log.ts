import { join } from "node:path";
import type { ServiceBroker } from "moleculer";
import type { World } from "../../core/broker.ts";
import type { Envelope } from "../../core/facts.ts";
import type { Runtime } from "../../core/runtime.ts";
import type { Backend, DeadLetters, Subscriber } from "./bus.ts";
import { Cursors } from "./cursors.ts";
import { DeadLetterFolder } from "./dead.ts";
import { Group, type GroupContext } from "./group.ts";
import { Segments } from "./segments.ts";
import { endProcess } from "../journal.ts";

/** How long an id is remembered, ms: as long as JetStream does by default. */
const DEDUPE_WINDOW = 120_000;

/** The bus of a single process: a log on its disk, in `DATA_DIR/bus`. */
export async function openLog(broker: ServiceBroker & World): Promise<Backend> {
  const { config, runtime } = broker;
  const folder = join(config.DATA_DIR, "bus");
  const logger = broker.getLogger("BUS");
  const onFatal = endProcess(broker);
  const onTorn = (file: string, bytes: number) =>
    logger.warn(`${file}: the last line was torn by a crash; its ${bytes} bytes are dropped`);
  const log = await Segments.open({ folder, runtime, onFatal, onTorn });
  const cursors = await Cursors.load(join(folder, "cursors.json"), runtime, logger);
  const letters = new DeadLetterFolder(join(folder, "dead"));
  await letters.open();
  const bury: GroupContext["bury"] = (letter) => letters.add(letter);
  const backend = new LogBackend({ log, cursors, runtime, logger, onFatal, bury }, letters);
  await backend.recall();
  return backend;
}

class LogBackend implements Backend {
  readonly dead: DeadLetters;
  readonly #context: GroupContext;
  readonly #log: Segments;
  readonly #runtime: Runtime;
  readonly #groups = new Set<Group>();
  /** Ids published within the window and when, the oldest first. */
  readonly #recent = new Map<string, number>();

  constructor(context: GroupContext, letters: DeadLetterFolder) {
    this.#context = context;
    this.#log = context.log;
    this.#runtime = context.runtime;
    this.dead = {
      list: () => letters.list(),
      drop: (id) => letters.drop(id),
      replay: async (id) => {
        const { fact, group } = await letters.get(id);
        await this.#append([fact], group);
        await letters.drop(id);
      },
    };
  }

  /** Learns the ids that were published shortly before the start. */
  async recall(): Promise<void> {
    const now = this.#runtime.now();
    for await (const { id, to } of this.#log.readSince(now - DEDUPE_WINDOW)) if (!to) this.#recent.set(id, now);
  }

  async publish(facts: Envelope[]): Promise<void> {
    const fresh = facts.filter(({ id }) => this.#isNew(id));
    // What was published before may still be on its way to the disk.
    if (!fresh.length) return this.#log.settled();
    try {
      await this.#append(fresh);
    } catch (error) {
      for (const { id } of fresh) this.#recent.delete(id);
      throw error;
    }
  }

  async subscribe(subscriber: Subscriber): Promise<() => Promise<void>> {
    const group = new Group(subscriber, this.#context);
    await group.start();
    this.#groups.add(group);
    group.pump();
    return async () => {
      this.#groups.delete(group);
      await group.stop();
    };
  }

  async close(): Promise<void> {
    await this.#context.cursors.close();
    await this.#log.close();
  }

  async #append(facts: Envelope[], to?: string): Promise<void> {
    await this.#log.append(facts, to);
    for (const group of this.#groups) group.pump();
  }

  #isNew(id: string): boolean {
    const now = this.#runtime.now();
    for (const [old, at] of this.#recent) {
      if (at > now - DEDUPE_WINDOW) break;
      this.#recent.delete(old);
    }
    if (this.#recent.has(id)) return false;
    this.#recent.set(id, now);
    return true;
  }
}
