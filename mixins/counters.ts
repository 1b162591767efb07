import type { Redis, RedisOptions } from "ioredis";
import type { Service, ServiceBroker } from "moleculer";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { World } from "../core/broker.ts";
import { defineMixin, type Mixin } from "../core/contract.ts";
import { fail } from "../core/errors.ts";
import { within, type Runtime } from "../core/runtime.ts";
import { troublesOf } from "../core/trouble.ts";
import { keyspaceOf, redisConnector } from "./redis.ts";

/** How long a count waits for Redis, ms, twice: whoever is counted waits as long, once. */
const ANSWER_WITHIN = 80;
const OPTIONS: RedisOptions = {
  commandTimeout: 2000,
  disconnectTimeout: 100,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
};

export interface Allowance {
  times: number;
  /** The window begins with the first time, seconds. */
  seconds: number;
}

/** Where counts are kept: `name` tells them from other counts. */
export type Counters = (name: string, allowance: Allowance) => Counter;

/** How much of an allowance is used up, by key. What was refused prolongs nothing. */
export interface Counter {
  /** Counts one. Throws RATE_LIMITED `{retryAfter}`, seconds, when that is more than allowed. */
  spend(key: string): Promise<void>;
  /** Takes one back. */
  refund(key: string): Promise<void>;
  /** The key starts anew. */
  forget(key: string): Promise<void>;
}

/**
 * `this.counters`: all replicas share their counts on Redis where REDIS_URL is set; otherwise, and while Redis does not
 * answer, each process counts for itself. So a dead Redis refuses nobody, and nobody waits for it. The package counts
 * by the machine's clock: what it guards is the machine and not a rule of the shop.
 */
export const Counting = (): Mixin<{ counters: Counters }> =>
  defineMixin<{ counters: Counters }, Service>({
    created() {
      const { broker } = this;
      const link = () => links.get(broker);
      const prefix = `${keyspaceOf(this.config)}:count`;
      this.counters = (name, allowance) => new InsuredCounter(`${prefix}:${name}`, allowance, link);
    },
    started() {
      return acquire(this);
    },
    async stopped() {
      release(this);
    },
  });

/** Counts of one process alone. */
export const ownCounters: Counters = (name, allowance) => new InsuredCounter(name, allowance, () => undefined);

class InsuredCounter implements Counter {
  readonly #link: () => Link | undefined;
  readonly #options: { keyPrefix: string; points: number; duration: number };
  readonly #own: RateLimiterMemory;
  #shared: RateLimiterRedis | undefined;

  constructor(keyPrefix: string, { times, seconds }: Allowance, link: () => Link | undefined) {
    this.#link = link;
    this.#options = { keyPrefix, points: times, duration: seconds };
    this.#own = new RateLimiterMemory(this.#options);
  }

  async spend(key: string): Promise<void> {
    try {
      await this.#count((limiter) => limiter.consume(key));
    } catch (refused) {
      const { msBeforeNext } = refused as RateLimiterRes;
      throw fail("RATE_LIMITED", { retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)) });
    }
  }

  async refund(key: string): Promise<void> {
    await this.#count((limiter) => limiter.reward(key));
  }

  async forget(key: string): Promise<void> {
    await this.#count((limiter) => limiter.delete(key));
  }

  /** Not by the package's own insurance: it keeps the error to itself, and the next count would wait again. */
  async #count(use: (limiter: RateLimiterMemory | RateLimiterRedis) => Promise<unknown>): Promise<void> {
    const link = this.#link();
    if (link?.redis && link.ready) {
      const { redis, runtime } = link;
      this.#shared ??= new RateLimiterRedis({ ...this.#options, storeClient: redis });
      try {
        const counted = use(this.#shared).then(() => true);
        // In two steps: when this process was late itself, the answer that has come meanwhile is read between them.
        if (await within(runtime, ANSWER_WITHIN, counted)) return;
        if (await within(runtime, ANSWER_WITHIN, counted)) return;
      } catch (error) {
        if (error instanceof RateLimiterRes) throw error;
      }
      // Until it is connected again, and has said that it is ready, nobody asks it.
      if (link.ready) redis.disconnect(true);
      link.ready = false;
    }
    await use(this.#own);
  }
}

/** One connection for all services of a broker, open while at least one of them uses it. */
interface Link {
  users: Set<Service>;
  runtime: Runtime;
  redis?: Redis | undefined;
  /** It answers in time. */
  ready: boolean;
}
const links = new WeakMap<ServiceBroker, Link>();

/** Does not wait for Redis: the gateway opens without it. */
async function acquire(user: Service): Promise<void> {
  const { broker } = user;
  const { config, runtime } = broker as ServiceBroker & World;
  if (!config.REDIS_URL || !config.RATE_LIMIT) return;
  const link: Link = links.get(broker) ?? { users: new Set(), runtime, ready: false };
  links.set(broker, link);
  link.users.add(user);
  const connect = await redisConnector({ config, troubles: troublesOf(broker) });
  if (!link.users.size || link.redis) return;
  link.redis = connect({ ...OPTIONS, connectionName: `${keyspaceOf(config)}:counters` })
    .on("ready", () => (link.ready = true))
    .on("close", () => (link.ready = false));
}

function release(user: Service): void {
  const link = links.get(user.broker);
  if (!link?.users.delete(user) || link.users.size) return;
  link.ready = false;
  link.redis?.disconnect();
  link.redis = undefined;
}
