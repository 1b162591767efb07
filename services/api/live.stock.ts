import type { Runtime } from "../../core/runtime.ts";
import type { LiveStream } from "./live.stream.ts";
import type { Shop } from "./shop.ts";

/** However many changes and streams there are, stock is read once in this time, ms. */
const READ_EVERY = 100;
/** How many items are asked for in one call. */
const BATCH = 500;

interface Host {
  broker: Shop;
  runtime: Runtime;
}

/** The stock of all items that somebody watches, read together for everybody and pushed where it changed. */
export class StockWatch {
  readonly #host: Host;
  /** What each stream was told last, by item. */
  readonly #told = new Map<string, Map<LiveStream, string>>();
  readonly #stale = new Set<string>();
  #reading: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #lastRead = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Resolves when the stream was told the stock of all its items, as of now or later. */
  async watch(stream: LiveStream, items: string[]): Promise<void> {
    for (const item of items) {
      const streams = this.#told.get(item) ?? new Map<LiveStream, string>();
      this.#told.set(item, streams.set(stream, ""));
    }
    if (items.length) await this.#read(items);
  }

  unwatch(stream: LiveStream, items: string[]): void {
    for (const item of items) {
      const streams = this.#told.get(item);
      if (streams?.delete(stream) && !streams.size) this.#told.delete(item);
    }
  }

  /** Reads again those of these items that are watched; by default, all that are. */
  async refresh(items: Iterable<string> = this.#told.keys()): Promise<void> {
    const watched = [...items].filter((item) => this.#told.has(item));
    if (watched.length) await this.#read(watched);
  }

  /** Joins the next round of reading. Rounds never overlap, so that no older count follows a newer one. */
  #read(items: string[]): Promise<void> {
    for (const item of items) this.#stale.add(item);
    return (this.#next ??= this.#round());
  }

  async #round(): Promise<void> {
    const { runtime } = this.#host;
    await this.#reading.catch(() => undefined);
    const wait = this.#lastRead + READ_EVERY - runtime.now();
    if (wait > 0) await runtime.sleep(Math.min(wait, READ_EVERY));
    this.#lastRead = runtime.now();
    this.#next = null;
    const items = [...this.#stale].filter((item) => this.#told.has(item));
    this.#stale.clear();
    this.#reading = this.#tell(items);
    await this.#reading;
  }

  async #tell(items: string[]): Promise<void> {
    for (let from = 0; from < items.length; from += BATCH) {
      const batch = items.slice(from, from + BATCH);
      for (const { item, stock, nextAt } of await this.#host.broker.call("inventory.stock", { items: batch })) {
        const data = { itemId: item, ...stock, nextAt: nextAt === null ? null : new Date(nextAt).toISOString() };
        const text = JSON.stringify(data);
        for (const [stream, told] of this.#told.get(item) ?? []) {
          if (told === text) continue;
          this.#told.get(item)!.set(stream, text);
          stream.push("stock", data);
        }
      }
    }
  }
}
