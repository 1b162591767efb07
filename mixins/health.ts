import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import type { Context, Middleware, ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";
import { Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { World } from "../core/broker.ts";
import { troublesOf } from "../core/trouble.ts";

/** Upper bounds of the histogram of actions, in seconds. */
const BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];

const registries = new WeakMap<object, Registry>();

/** The metrics of a process, those of Node included. Whoever has something to count registers it here. */
export function metrics(broker: object): Registry {
  let registry = registries.get(broker);
  if (!registry) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
    registries.set(broker, registry);
  }
  return registry;
}

/** Counts the calls of every action of this process, how long they took and how they ended. */
export const actionMetrics = (): Middleware => ({
  name: "ActionMetrics",
  localAction(this: ServiceBroker, next: (ctx: Context) => Promise<unknown>, { name: action = "" }) {
    const durations = durationsOf(metrics(this));
    const succeeded = durations.labels(action, "ok");
    return (ctx: Context) => {
      // Real time on purpose, also where the shop runs on simulated time: this measures the machine.
      const start = performance.now();
      const result = next(ctx);
      result.then(
        () => succeeded.observe(secondsSince(start)),
        (error: { type?: string } | null) =>
          durations.labels(action, error?.type || "INTERNAL").observe(secondsSince(start)),
      );
      return result;
    };
  },
});

const secondsSince = (start: number) => (performance.now() - start) / 1000;

const DURATIONS = "holdfast_action_seconds";
const durationsOf = (registry: Registry) =>
  (registry.getSingleMetric(DURATIONS) as Histogram<"action" | "result"> | undefined) ??
  new Histogram({
    name: DURATIONS,
    help: "Duration of an action's calls; result is ok or the type of the error",
    labelNames: ["action", "result"],
    buckets: BUCKETS,
    registers: [registry],
  });

export interface ProbeOptions {
  /** Services that must have been seen once, wherever they run, before the first yes. */
  awaits?: readonly string[];
}

/**
 * Answers `/live`, `/ready` and `/metrics`, and returns whether it did. Ready means: the services of this process
 * are started and not stopping, and it is connected to the others. Once the awaited services were seen, only its
 * own health counts: a gateway that went unready with every other service would take the whole shop down.
 */
export function probes(broker: ServiceBroker, { awaits = [] }: ProbeOptions = {}) {
  const unseen = new Set(awaits);
  const registry = metrics(broker);
  const connected = connectionOf(broker);

  const obstacle = (): string | undefined => {
    if (!broker.started) return troublesOf(broker).lines.join("\n") || "not started, or stopping";
    if (!connected()) return troublesOf(broker).lines.join("\n") || "not connected to the transporter";
    for (const { name } of unseen.size ? broker.registry.getServiceList({ onlyAvailable: true }) : [])
      unseen.delete(name);
    return unseen.size ? `not seen yet: ${[...unseen].join(", ")}` : undefined;
  };

  return (req: IncomingMessage, res: ServerResponse): boolean => {
    const [path] = req.url!.split("?");
    if (path !== "/live" && path !== "/ready" && path !== "/metrics") return false;
    const answer = (status: number, text: string, type = "text/plain; charset=utf-8") =>
      void res.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
    if (req.method !== "GET" && req.method !== "HEAD") {
      res.setHeader("allow", "GET, HEAD");
      answer(405, "GET or HEAD\n");
    } else if (path === "/live") {
      answer(200, "ok\n");
    } else if (path === "/ready") {
      const reason = obstacle();
      answer(reason ? 503 : 200, `${reason ?? "ok"}\n`);
    } else {
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        (error: Error) => answer(500, `${error.message}\n`),
      );
    }
    return true;
  };
}

/**
 * Whether the broker reaches the others. Moleculer does not notice that NATS was lost, its NATS client does: so
 * the client is watched from the first question on.
 */
function connectionOf(broker: ServiceBroker): () => boolean {
  let watched: NatsConnection | undefined;
  let lost = false;
  const watch = async (client: NatsConnection) => {
    watched = client;
    lost = client.isClosed();
    for await (const { type } of client.status()) lost = type === "reconnect" ? false : lost || type === "disconnect";
    lost = true;
  };
  return () => {
    if (!broker.transit) return true;
    const { client } = broker.transit.tx as { client?: NatsConnection };
    if (client && client !== watched) void watch(client);
    return broker.transit.connected && !lost;
  };
}

/**
 * For a process without the gateway, which answers them itself: the probes on a port of their own, `config.PORT` by
 * default, from before its services start.
 */
export function probeServer({ port }: { port?: number } = {}): Middleware {
  let server: Server | undefined;
  return {
    name: "ProbeServer",
    async starting(broker: ServiceBroker & Partial<World>) {
      if (broker.services.some(({ name }) => name === "api")) return;
      const answered = probes(broker);
      const opening = (server = createServer((req, res) => void (answered(req, res) || res.writeHead(404).end())));
      await new Promise<void>((resolve, reject) => {
        opening.once("error", reject).listen(port ?? broker.config!.PORT, resolve);
      });
    },
    async stopped() {
      const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
      server?.closeAllConnections();
      await closed;
    },
  } as Middleware;
}
