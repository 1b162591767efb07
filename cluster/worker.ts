import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { podFlags, settings } from "../bin/tuning.mjs";

const ROOT = join(import.meta.dirname, "..");
const RUNNER = [
  join(ROOT, "node_modules", "moleculer", "bin", "moleculer-runner.mjs"),
  ...["-c", "moleculer.config.ts", "--mask", "**/*.service.ts"],
];
/** How long a process that died waits before it is started again, ms: longer each time it dies young. */
const BACKOFF = [100, 500, 1000, 2000, 5000, 10_000];
/** One that has lived for so long dies young no more, ms. */
const GROWN_UP = 10_000;
/** One that was told to stop and has not by then is killed, ms. Its own bound is 5 s. */
const STOP_WITHIN = 8000;
const POLL = 50;

export interface WorkerPlan {
  /** As people read it: "orders-2". */
  name: string;
  /** The folders under services/ that it runs, comma-separated. */
  services: string;
  port: number;
  env: Record<string, string>;
}

export interface Listener {
  /** A line that a process wrote. */
  said(worker: Worker, line: string): void;
  /** It died without being told to, and comes back after `pause` ms. */
  died(worker: Worker, how: string, pause: number): void;
}

/** A process of the cluster; started again when it dies. */
export class Worker {
  readonly name: string;
  readonly services: string;
  readonly url: string;
  restarts = 0;
  readonly #plan: WorkerPlan;
  readonly #listener: Listener;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #pause: AbortController | undefined;
  #stopping = false;
  #startedAt = 0;
  /** How often in a row it died young. */
  #young = 0;

  constructor(plan: WorkerPlan, listener: Listener) {
    this.name = plan.name;
    this.services = plan.services;
    this.url = `http://127.0.0.1:${plan.port}`;
    this.#plan = plan;
    this.#listener = listener;
  }

  start(): void {
    const { services, port, env } = this.#plan;
    this.#stopping = false;
    this.#startedAt = Date.now();
    // A group of its own: Ctrl-C is for whoever started it, who stops things in order.
    const child = spawn(process.execPath, [...podFlags, ...RUNNER], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...settings, ...env, PORT: String(port), SERVICEDIR: "services", SERVICES: services },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => this.#listener.said(this, line));
    const kill = () => void child.kill("SIGKILL");
    process.once("exit", kill);
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        process.removeListener("exit", kill);
        this.#child = undefined;
        resolve();
        if (!this.#stopping) this.#revive(signal ?? `exit code ${code}`);
      });
    });
  }

  /** Undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What its probe says. */
  async ready(): Promise<boolean> {
    const answer = await fetch(`${this.url}/ready`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
    return answer?.status === 200;
  }

  /** Rejects when it is not ready within `ms`. */
  async answers(ms = 60_000): Promise<void> {
    for (const end = Date.now() + ms; !(await this.ready()); await sleep(POLL))
      if (Date.now() > end) throw new Error(`${this.name} is not ready after ${ms} ms`);
  }

  /** Sends a signal and nothing else: one that dies of it is started again. */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#child?.kill(signal);
  }

  /** Tells it to stop, as Kubernetes does, and waits until it has. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#pause?.abort();
    const child = this.#child;
    if (!child) return;
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    const late = new AbortController();
    sleep(STOP_WITHIN, undefined, { signal: late.signal }).then(
      () => child.kill("SIGKILL"),
      () => {},
    );
    await this.#ended;
    late.abort();
  }

  /** Gently stopped and started anew, as a rolling restart does; resolves when it is ready. */
  async restart(env: Record<string, string> = {}): Promise<void> {
    await this.stop();
    Object.assign(this.#plan.env, env);
    this.start();
    await this.answers();
  }

  #revive(how: string): void {
    this.#young = Date.now() - this.#startedAt < GROWN_UP ? this.#young + 1 : 0;
    const pause = BACKOFF[Math.min(this.#young, BACKOFF.length - 1)]!;
    this.#listener.died(this, how, pause);
    this.#pause = new AbortController();
    sleep(pause, undefined, { signal: this.#pause.signal }).then(
      () => {
        this.restarts++;
        this.start();
      },
      () => {},
    );
  }
}
