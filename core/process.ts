import { flushCompileCache } from "node:module";
import type { Middleware, Service, ServiceBroker } from "moleculer";
import type { Runtime } from "./runtime.ts";

/** How long a stop may take, ms; the promise to people is 5 s. */
const STOP_WITHIN = 4500;
/** Faults of the program itself: their stack is told too. */
const BUGS = [TypeError, ReferenceError, RangeError, SyntaxError];

/**
 * How a process of the shop begins and ends. One that cannot start ends at once, with exit code 1 and a line that says
 * why. One that is told to stop does so once, however often it is told, and in time; while it starts, at once. What it
 * leaves behind then is what a crash would leave: all that it has acknowledged is on the disk.
 */
export const startAndStop = (runtime: Runtime): Middleware => ({
  name: "StartAndStop",
  created(broker: ServiceBroker) {
    const { start, stop } = broker;
    broker.start = () => start.call(broker).catch(endProcess);
    let stopping: Promise<void> | undefined;
    const begin = () => (broker.started ? inTime(runtime, broker, stop.call(broker)) : Promise.resolve());
    broker.stop = () => (stopping ??= begin());
  },
  serviceCreated(service: Service) {
    // Before Moleculer writes the error with its stack, and waits for the other services.
    const { _start: start } = service as Service & Startable;
    (service as Service & Startable)._start = () => start.call(service).catch(endProcess);
  },
  async started() {
    // Else what was compiled is kept by a gentle stop alone, and those that are killed compile anew each time.
    flushCompileCache();
  },
});

/** How long the answer to `$node.drain` has to leave before the node stops taking calls, ms. */
const DRAIN_AFTER = 100;

/**
 * What every node of a cluster can be told beside what Moleculer brings. `$node.drain` ends the process as SIGTERM
 * does: unready first, then what it has begun, then the end; whoever supervises it starts it anew.
 */
export const nodeActions = (runtime: Runtime) => ({
  $node: {
    actions: {
      /** Shows the options of the broker, the address of NATS with its password among them. */
      options: false,
      async drain() {
        runtime.after(DRAIN_AFTER, () => process.kill(process.pid, "SIGTERM"));
        return null;
      },
    },
  },
});

interface Startable {
  _start(): Promise<void>;
}

function inTime(runtime: Runtime, broker: ServiceBroker, stopped: Promise<void>): Promise<void> {
  const late = new Promise<void>((resolve) => {
    runtime.after(STOP_WITHIN, () => {
      broker.logger.warn(`Not stopped within ${STOP_WITHIN} ms: the rest is left to the next start`);
      resolve();
    });
  });
  return Promise.race([stopped, late]);
}

function endProcess(error: unknown): never {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exit(1);
}

/** What to tell of an error that stops a start. */
function lineOf(error: unknown): string {
  const { code, port, message, stack } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `PORT ${port} is already in use`;
  return BUGS.some((bug) => error instanceof bug) ? stack! : message;
}
