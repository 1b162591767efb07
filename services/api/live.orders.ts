import { typeOf } from "../../core/errors.ts";
import type { Order, OrderState } from "../orders/orders.contract.ts";
import type { LiveStream } from "./live.stream.ts";
import type { Shop } from "./shop.ts";

/** Nothing is to come, or only after somebody asks for it. */
const AT_REST: ReadonlySet<OrderState> = new Set(["fulfilled", "refunded", "rejected", "expired", "cancelled"]);

interface Watch {
  stream: LiveStream;
  order: string;
  told: Pick<Order, "status" | "expiresAt"> | null;
  reading: Promise<void> | null;
  /** Something happened since the reading began. */
  again: boolean;
}

/** Orders that somebody watches, each read with the rights of who watches it. */
export class OrderWatch {
  readonly #broker: Shop;
  readonly #watches = new Map<string, Set<Watch>>();

  constructor(broker: Shop) {
    this.#broker = broker;
  }

  /** Resolves when the stream was told the state of all these orders. Throws NOT_FOUND for one that is not its own. */
  async watch(stream: LiveStream, orders: string[]): Promise<void> {
    const watches = orders.map((order): Watch => ({ stream, order, told: null, reading: null, again: false }));
    for (const watch of watches)
      this.#watches.set(watch.order, (this.#watches.get(watch.order) ?? new Set()).add(watch));
    await Promise.all(watches.map((watch) => this.#read(watch)));
  }

  unwatch(stream: LiveStream, orders: string[]): void {
    for (const order of orders) {
      const watches = this.#watches.get(order);
      for (const watch of watches ?? []) if (watch.stream === stream) watches!.delete(watch);
      if (!watches?.size) this.#watches.delete(order);
    }
  }

  /** Something happened to the order. */
  async changed(order: string): Promise<void> {
    await Promise.all([...(this.#watches.get(order) ?? [])].map((watch) => this.#read(watch)));
  }

  /** Reads again what may still change by itself. */
  async refresh(): Promise<void> {
    const open = [...this.#watches.values()].flatMap((watches) =>
      [...watches].filter(({ told }) => told && !AT_REST.has(told.status)),
    );
    await Promise.all(open.map((watch) => this.#read(watch)));
  }

  /** One reading at a time for a watch, so that no older state follows a newer one. */
  #read(watch: Watch): Promise<void> {
    watch.again = true;
    return (watch.reading ??= this.#follow(watch).finally(() => (watch.reading = null)));
  }

  async #follow(watch: Watch): Promise<void> {
    while (watch.again) {
      watch.again = false;
      const order = await this.#get(watch);
      if (!order) return;
      const { id, status, expiresAt, now } = order;
      if (watch.told?.status === status && watch.told.expiresAt === expiresAt) continue;
      watch.told = { status, expiresAt };
      watch.stream.push("order", { id, status, expiresAt, now });
    }
  }

  async #get({ stream, order, told }: Watch): Promise<Order | null> {
    try {
      return await this.#broker.call("orders.get", { id: order }, { meta: { ...stream.meta } });
    } catch (error) {
      // Whoever was shown it once and may no longer see it hears nothing more of it.
      if (told && typeOf(error) === "NOT_FOUND") return null;
      throw error;
    }
  }
}
