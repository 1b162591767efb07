import { Redis } from "ioredis";
import type { Counters } from "../mixins/counters.ts";
import type { TestBroker } from "./broker.ts";
import { eventually } from "./till.ts";

/** A look into what one shop keeps in Redis; other specs may use the same server. */
export class Drawer {
  readonly #client: Redis;
  readonly #pattern: string;

  constructor(url: string, { config }: Pick<TestBroker, "config">) {
    this.#client = new Redis(url);
    this.#pattern = `holdfast-${config.NAMESPACE}:*`;
  }

  keys(): Promise<string[]> {
    return this.#client.keys(this.#pattern);
  }

  async clear(): Promise<void> {
    for (const key of await this.keys()) await this.#client.del(key);
  }

  /** What is to end comes so much closer to it, as if the time had passed. */
  async pass(ms: number): Promise<void> {
    for (const key of await this.keys()) {
      const left = (await this.#client.pttl(key)) - ms;
      await (left > 0 ? this.#client.pexpire(key, left) : this.#client.del(key));
    }
  }

  /** Resolves when counts go to Redis: a gateway does not wait for it. */
  async counts(counters: Counters): Promise<void> {
    const probe = counters("probe", { times: 1e6, seconds: 60 });
    const landed = async () => {
      await probe.spend("anybody");
      return this.keys();
    };
    await eventually(landed, (keys) => keys.some((key) => key.includes(":count:probe:")));
    await this.clear();
  }

  close(): void {
    this.#client.disconnect();
  }
}
