import type { Context, Middleware, ServiceBroker } from "moleculer";
import { within, type Runtime } from "./runtime.ts";

/** How long the calls in flight have before the services stop without them, ms; all of a stop may take 5 s. */
const FINISH_WITHIN = 1500;

/**
 * Lets a process of the cluster come and go without a call that fails. Moleculer tells the others of a new one a second
 * after it is ready; here they know it by then. Told to stop, it is struck off by the others first. Then all calls in
 * flight end before any service stops: those of one process need each other.
 */
export function handover(runtime: Runtime): Middleware {
  let inFlight = 0;
  let finished: (() => void) | undefined;
  const done = () => {
    if (--inFlight === 0) finished?.();
  };
  return {
    name: "Handover",
    localAction: (next: (ctx: Context) => Promise<unknown>) => (ctx: Context) => {
      inFlight++;
      const call = next(ctx);
      call.then(done, done);
      return call;
    },
    async started({ transit, registry }: ServiceBroker) {
      if (!transit) return;
      registry.regenerateLocalRawInfo(true);
      await registry.discoverer.sendLocalNodeInfo();
    },
    async stopping() {
      if (inFlight > 0) await within(runtime, FINISH_WITHIN, new Promise<void>((resolve) => (finished = resolve)));
    },
  } as Middleware;
}
