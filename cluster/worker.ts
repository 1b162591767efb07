import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { podFlags, settings } from "../bin/tuning.mjs";
import { Backoff } from "./backoff.ts";
import { adopt } from "./children.ts";

const ROOT = join(import.meta.dirname, "..");
const RUNNER = [
  ...["--import", join(ROOT, "bin", "leash.mjs")],
  join(ROOT, "node_modules", "moleculer", "bin", "moleculer-runner.mjs"),
  ...["-c", "moleculer.config.ts", "--mask", "**/*.service.ts"],
];
/** One that was told to stop and has not by then is killed, ms. Its own bound is 5 s. */
const STOP_WITHIN = 8000;
/** Twenty processes are asked at a time, while they want the processor for themselves, ms. */
const POLL = 100;

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
  #ended: Promise<unknown> = Promise.resolve();
  #pause: AbortController | undefined;
  #stopping = false;
  readonly #backoff = new Backoff();

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
    this.#backoff.started();
    // A group of its own: Ctrl-C is for whoever started it, who stops things in order.
    const child = spawn(process.execPath, [...podFlags, ...RUNNER], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...settings, ...env, PORT: String(port), SERVICEDIR: "services", SERVICES: services },
    });
    this.#child = child;
    for (const stream of [child.stdout!, child.stderr!])
      createInterface(stream).on("line", (line) => this.#listener.said(this, line));
    this.#ended = adopt(child).then((how) => {
      this.#child = undefined;
      if (!this.#stopping) this.#revive(how);
    });
  }

  /** Undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Why it is not ready, as its probe says it; undefined when it is. */
  async obstacle(): Promise<string | undefined> {
    if (!this.#child) return "not running";
    const answer = await fetch(`${this.url}/ready`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
    if (answer?.ok) return undefined;
    return (await answer?.text().catch(() => null))?.trim() || "does not answer yet";
  }

  async ready(): Promise<boolean> {
    return (await this.obstacle()) === undefined;
  }

  /** Rejects when it is not ready within `ms`. */
  async answers(ms = 60_000): Promise<void> {
    for (const end = Date.now() + ms; ; await sleep(POLL)) {
      const obstacle = await this.obstacle();
      if (obstacle === undefined) return;
      if (Date.now() > end) throw new Error(`${this.name} is not ready after ${ms} ms: ${obstacle}`);
    }
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
    const pause = this.#backoff.died();
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
