import type { BrokerOptions, Middleware, ServiceBroker } from "moleculer";
import type { Config } from "./config.ts";
import { handover } from "./handover.ts";
import { lockFolder } from "./lock.ts";
import { NatsTransporter } from "./nats.ts";
import type { Runtime } from "./runtime.ts";
import type { Secrets } from "./secrets.ts";
import { ContractValidator } from "./validator.ts";
import { WireSerializer } from "./wire.ts";

/** What is injected into every service of a broker, as `this.runtime`, `this.config` and `this.secrets`. */
export interface World {
  config: Config;
  runtime: Runtime;
  secrets: Secrets;
}

/** Gives every service its world before any of its own code runs. */
const inject = (world: World): Middleware => ({
  name: "World",
  created: (broker: ServiceBroker) => void Object.assign(broker, world),
  serviceCreating: (service: object) => void Object.assign(service, world),
});

/** One process alone uses a data folder: NeDB's files and the bus log have a single writer. */
function lock({ config }: World): Middleware {
  let release: (() => Promise<void>) | undefined;
  return {
    name: "Lock",
    async starting() {
      if (!config.MONGO_URL || !config.NATS_URL) release = await lockFolder(config.DATA_DIR);
    },
    async stopped() {
      await release?.();
    },
  };
}

/** What a shopkeeper wants to read: the address, and what went wrong. LOGLEVEL gives the same level to all. */
const QUIET = { API: "info", DEMO: "info", "**": "warn" };

/**
 * Retries are for actions marked idempotent in their contract alone, and for what nobody answered: their node died, or was
 * just leaving. A call that timed out has had its time: whoever waits for it is told, instead of waiting four times as long.
 */
const wasNotAnswered = ({ retryable, type }: Error & { retryable?: boolean; type?: string }): boolean =>
  retryable === true && type !== "REQUEST_TIMEOUT";

/** The options every broker of the shop runs with: one process, a pod of the cluster, or a test. */
export function brokerOptions(world: World): BrokerOptions {
  const { config } = world;
  return {
    namespace: config.NAMESPACE ?? "",
    transporter: config.NATS_URL ? new NatsTransporter() : null,
    serializer: new WireSerializer(),
    logLevel: (config.LOGLEVEL ?? QUIET) as never,
    validator: new ContractValidator() as never,
    middlewares: [inject(world), lock(world), handover(world.runtime)],
    // A lost node is noticed after 3 s instead of 30; a call to it ends after 3 s instead of never.
    heartbeatInterval: 1,
    heartbeatTimeout: 3,
    requestTimeout: 3000,
    dependencyInterval: 20,
    retryPolicy: { enabled: false, retries: 3, delay: 100, maxDelay: 1000, factor: 2, check: wasNotAnswered },
    contextParamsCloning: false,
    metrics: false,
    // Tracking makes a stop wait for the calls in flight.
    tracking: { enabled: true, shutdownTimeout: 2500 },
  };
}
