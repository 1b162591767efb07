import type { Redis, RedisOptions } from "ioredis";
import type { Config } from "../core/config.ts";
import type { Troubles } from "../core/trouble.ts";

/** How long it waits before it tries again to connect, ms: more with each try, up to the longest. */
const RECONNECT_STEP = 100;
const RECONNECT_LONGEST = 1000;
const CONNECT_WITHIN = 2000;

/** What a connection needs to know of its service. */
export interface RedisHost {
  config: Config;
  troubles: Pick<Troubles, "met" | "over">;
}

/** What all keys of this shop begin with, so that several can share a server. */
export const keyspaceOf = ({ NAMESPACE }: Config): string => (NAMESPACE ? `holdfast-${NAMESPACE}` : "holdfast");

/**
 * Connections to the Redis of REDIS_URL that look for it for ever, and say in one line that they have lost it, and
 * why, and in another that it is back. Ioredis is loaded here alone: a single process does without.
 */
export async function redisConnector({ config, troubles }: RedisHost): Promise<(options: RedisOptions) => Redis> {
  const { Redis } = await import("ioredis");
  const { protocol, hostname, port, username, password, pathname } = new URL(config.REDIS_URL!);
  const address: RedisOptions = {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
  return (options) => {
    const redis = new Redis({
      ...address,
      connectTimeout: CONNECT_WITHIN,
      retryStrategy: (tries) => Math.min(tries * RECONNECT_STEP, RECONNECT_LONGEST),
      ...options,
    }).on("error", (error) => troubles.met("REDIS_URL", error));
    // Without that check a connection is called ready before it is known whether its password is right.
    if (options.enableReadyCheck !== false) redis.on("ready", () => troubles.over("REDIS_URL"));
    return redis;
  };
}
