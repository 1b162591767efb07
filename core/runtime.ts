import { randomBytes } from "node:crypto";

/**
 * Time, ids, randomness, timers and outgoing HTTP, in one injected place. Services and mixins use nothing
 * else for these (the linter sees to it), so the whole shop can run on simulated time.
 */
export interface Runtime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** 26 characters of lower-case base 32, 128 random bits. */
  id(): string;
  bytes(count: number): Buffer;
  /** A number in [0, 1), for jitter alone. */
  random(): number;
  /** Runs once after `ms`; does not keep the process alive. Any length: Node's own limit of 24.8 days is bridged. */
  after(ms: number, run: () => void): Timer;
  /** Runs every `ms` until cancelled; does not keep the process alive. */
  every(ms: number, run: () => void): Timer;
  sleep(ms: number): Promise<void>;
  fetch: typeof globalThis.fetch;
  /** A named place where a test may kill the process; does nothing unless the start named it. */
  crashPoint(name: string): void;
}

export interface Timer {
  cancel(): void;
}

const LONGEST_TIMEOUT = 2 ** 31 - 1;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** `crashAt`: the name of the crash point to die at, by SIGKILL; `name#3` at its third passing. */
export function systemRuntime({ crashAt }: { crashAt?: string | undefined } = {}): Runtime {
  const [crashName, crashCount = "1"] = crashAt?.split("#") ?? [];
  let passes = 0;
  const runtime: Runtime = {
    now: () => Date.now(),
    id: () => Array.from(randomBytes(26), (byte) => BASE32[byte & 31]).join(""),
    bytes: (count) => randomBytes(count),
    random: () => Math.random(),
    after(ms, run) {
      let timeout: NodeJS.Timeout;
      const end = Date.now() + ms;
      const arm = (left: number) => {
        timeout = setTimeout(
          () => (end > Date.now() ? arm(end - Date.now()) : run()),
          Math.min(Math.max(left, 0), LONGEST_TIMEOUT),
        );
        timeout.unref();
      };
      arm(ms);
      return { cancel: () => clearTimeout(timeout) };
    },
    every(ms, run) {
      const interval = setInterval(run, ms).unref();
      return { cancel: () => clearInterval(interval) };
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    fetch: (...request) => fetch(...request),
    crashPoint(name) {
      if (name === crashName && ++passes === Number(crashCount)) process.kill(process.pid, "SIGKILL");
    },
  };
  return runtime;
}

/** Waits for `work`, but no longer than `ms`; undefined when it is late, and then its result is nobody's. */
export async function within<T>(runtime: Runtime, ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: Timer | undefined;
  const late = new Promise<undefined>((resolve) => (timer = runtime.after(ms, () => resolve(undefined))));
  return Promise.race([work, late]).finally(() => timer!.cancel());
}
