import type { LiveStream } from "./live.stream.ts";
import type { Shop } from "./shop.ts";

/** Users who listen for copies that are held for them, because they waited. */
export class GrantWatch {
  readonly #broker: Shop;
  /** The orders that each stream of a user was told. */
  readonly #told = new Map<string, Map<LiveStream, Set<string>>>();

  constructor(broker: Shop) {
    this.#broker = broker;
  }

  /** Resolves when the stream was told what is held for the user already. */
  async watch(stream: LiveStream, user: string): Promise<void> {
    this.#told.set(user, (this.#told.get(user) ?? new Map<LiveStream, Set<string>>()).set(stream, new Set()));
    await this.#tell(user);
  }

  unwatch(stream: LiveStream, user: string): void {
    const streams = this.#told.get(user);
    if (streams?.delete(stream) && !streams.size) this.#told.delete(user);
  }

  /** Somebody's wait is over: whose, the waiting list knows. */
  async granted(order: string): Promise<void> {
    if (!this.#told.size) return;
    const entry = await this.#broker.call("waitlist.inspect", { order });
    if (entry && this.#told.has(entry.buyer)) await this.#tell(entry.buyer);
  }

  /** Reads again for everybody, since notices may get lost. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#told.keys()].map((user) => this.#tell(user)));
  }

  async #tell(user: string): Promise<void> {
    const grants = await this.#broker.call("waitlist.grants", { user });
    for (const [stream, told] of this.#told.get(user) ?? []) {
      for (const grant of grants) {
        if (told.has(grant.orderId)) continue;
        told.add(grant.orderId);
        stream.push("granted", grant);
      }
    }
  }
}
