import type { ServiceSchema } from "moleculer";
import type { BusHandle } from "../mixins/bus/bus.ts";
import { testBroker, type TestBroker } from "./broker.ts";
import type { BusService } from "./bus.ts";

/** Brokers on one log: in one process one after the other, on NATS also at the same time. */
export class BusWorld {
  readonly #env: Record<string, string | undefined>;
  readonly #home = testBroker();
  readonly #open = new Set<TestBroker>();

  constructor(env: Record<string, string | undefined>) {
    this.#env = env;
  }

  get dir(): string {
    return this.#home.dir;
  }

  /** For a process of its own that is to live here. */
  get env(): Record<string, string | undefined> {
    return { DATA_DIR: this.dir, NAMESPACE: this.#home.config.NAMESPACE, LOGLEVEL: "fatal", ...this.#env };
  }

  /** Resolves when they are started; gives the bus of the first. */
  async start(
    ...services: ServiceSchema[]
  ): Promise<BusHandle & { stop(): Promise<void>; broker: TestBroker["broker"] }> {
    const { NATS_URL } = this.#env;
    // Processes of a cluster share a namespace, and no folder.
    const place = NATS_URL ? { env: { NATS_URL, NAMESPACE: this.#home.config.NAMESPACE } } : { dir: this.dir };
    const opened = testBroker({ ...place, env: { LOGLEVEL: "fatal", ...place.env }, services });
    await opened.broker.start();
    this.#open.add(opened);
    const { bus } = opened.broker.getLocalService(services[0]!.name) as BusService;
    const stop = async () => {
      this.#open.delete(opened);
      await opened.stop();
    };
    return { ...bus, stop, broker: opened.broker };
  }

  async close(): Promise<void> {
    for (const opened of this.#open) await opened.stop();
    await this.#home.stop();
  }
}
