import type { Caller } from "../../core/contract.ts";
import type { Runtime, Timer } from "../../core/runtime.ts";
import type { Cluster } from "../define.ts";

/** However often stock changes, it is read once in this time, ms. */
const READ_EVERY = 150;
/** How many items are asked for in one call. */
const BATCH = 500;

interface Host {
  broker: Caller<Cluster>;
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void };
}

/** Which items can be bought: asked of inventory for all that changed at once, and never twice at a time. */
export class Availability {
  readonly #host: Host;
  readonly #tell: (item: string, available: boolean) => void;
  readonly #stale = new Set<string>();
  #next: Timer | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(host: Host, tell: (item: string, available: boolean) => void) {
    this.#host = host;
    this.#tell = tell;
  }

  /** Their stock is read again soon. */
  changed(items: Iterable<string>): void {
    for (const item of items) this.#stale.add(item);
    if (this.#stale.size) this.#next ??= this.#host.runtime.after(READ_EVERY, () => void this.read([]));
  }

  /** Resolves when these were read, or inventory was not to be had: then they are asked for once more. */
  async read(items: Iterable<string>): Promise<void> {
    for (const item of items) this.#stale.add(item);
    this.#next?.cancel();
    this.#next = undefined;
    this.#reading = this.#reading.then(() => this.#round());
    await this.#reading;
  }

  stop(): void {
    this.#stale.clear();
    this.#next?.cancel();
  }

  async #round(): Promise<void> {
    const items = [...this.#stale];
    this.#stale.clear();
    for (let from = 0; from < items.length; from += BATCH) {
      try {
        const counted = await this.#host.broker.call("inventory.stock", { items: items.slice(from, from + BATCH) });
        for (const { item, stock } of counted) this.#tell(item, stock.available > 0);
      } catch (error) {
        this.#host.logger.warn("Search: stock could not be read", error);
        return this.changed(items.slice(from));
      }
    }
  }
}
