import { hostname } from "node:os";
import { ServiceBroker, type Middleware } from "moleculer";
import { brokerOptions, type World } from "../core/broker.ts";
import { ConfigError, readConfig } from "../core/config.ts";
import { systemRuntime, within } from "../core/runtime.ts";
import type { Node } from "./operation.ts";
import { withCommands } from "./repl.ts";

/** How long NATS has to answer, and then the services have to be seen, ms. */
const CONNECT_WITHIN = 8000;
const SEE_WITHIN = 5000;
/** What operators need of the environment. The secrets of the shop are none of it. */
const NEEDED = ["NATS_URL", "NAMESPACE", "LOGLEVEL"] as const;

/** A bare node of the running cluster, for operators: it has no services, no data folder and no secrets. */
export function opsNode(env: NodeJS.ProcessEnv): ServiceBroker {
  const config = readConfig(Object.fromEntries(NEEDED.map((name) => [name, env[name]])));
  if (!config.NATS_URL)
    throw new ConfigError(
      [
        "NATS_URL is not set: it is where the cluster is found, with NAMESPACE where the shop has one.",
        "`npm run cluster` prints it in its first lines: NATS_URL=nats://… npm run ops",
        "A shop in one process has the same commands in its own REPL: npm start -- --repl",
      ].join("\n"),
    );
  const world = { config: { ...config, LOGLEVEL: config.LOGLEVEL ?? "error" }, runtime: systemRuntime() } as World;
  const { middlewares, ...options } = brokerOptions(world);
  // It owns no data, so there is no folder to lock.
  const own = (middlewares as Middleware[]).filter(({ name }) => name !== "Lock");
  const nodeID = `ops-${hostname()}-${process.pid}`;
  return new ServiceBroker(withCommands({ ...options, nodeID, middlewares: own }));
}

/** Resolves when the shop is seen; rejects with an Error that says what is not there. */
export async function connect(broker: ServiceBroker & Partial<World>): Promise<Node> {
  const { runtime, config } = broker as ServiceBroker & World;
  const { host } = new URL(config.NATS_URL!.replace(/,[^/?]*/, ""));
  const started = await within(
    runtime,
    CONNECT_WITHIN,
    broker.start().then(() => true),
  );
  if (!started) throw new Error(`NATS at ${host} does not answer, or does not let us in: is NATS_URL right?`);
  const name = config.NAMESPACE ? `the namespace ${config.NAMESPACE}` : "no namespace (NAMESPACE is not set)";
  await broker.waitForServices(["audit", "orders"], SEE_WITHIN, 50).catch(() => {
    throw new Error(`NATS at ${host} answers, but no shop is seen in ${name}: is the cluster up?`);
  });
  return broker as unknown as Node;
}
