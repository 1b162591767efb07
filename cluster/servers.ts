import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "./backoff.ts";
import { adopt, leash } from "./children.ts";
import { freePort } from "./ports.ts";
import { HERE, program, type Plan, type Recipe } from "./recipes.ts";
import { build } from "./standin.ts";

export { freePort } from "./ports.ts";
export { mongo, nats, program, redis, s3, type Recipe } from "./recipes.ts";

/** A server that does not answer by then is broken, ms. */
const START_WITHIN = 20_000;
/** A server that has not ended by then is killed, ms. */
const STOP_WITHIN = 5000;
const POLL = 25;

export interface Place {
  /** Where its data lies; made when it is missing. */
  dir: string;
  /** A free one by default. */
  port?: string;
  /** False: nothing has to outlive its process. */
  lasting?: boolean;
}

/** What is told of a server that is kept running. */
export interface Keeper {
  /** It ended without being told to, and comes back after `pause` ms. */
  died(how: string, pause: number): void;
  revived(): void;
}

/** A server started here. It can be stopped, killed, paused, and started again on the same port and data. */
export class LocalServer {
  readonly title: string;
  readonly url: string;
  readonly dir: string;
  /** How often it was started again because it had died. */
  restarts = 0;
  readonly #plan: Plan;
  readonly #port: string;
  readonly #lasting: boolean;
  #child: ChildProcess | undefined;
  #ended: Promise<string> = Promise.resolve("");
  #kept: AbortController | undefined;

  private constructor(recipe: Recipe, plan: Plan, { port, dir, lasting = true }: Place & { port: string }) {
    this.title = recipe.title;
    this.#plan = plan;
    this.#port = port;
    this.#lasting = lasting;
    this.dir = dir;
    this.url = plan.url(port);
  }

  /** Resolves when it answers. Rejects where the recipe finds no program, or that does not start. */
  static async start(recipe: Recipe, place: Place): Promise<LocalServer> {
    const plan = recipe.find();
    if (typeof plan === "string") throw new Error(`${recipe.title}: ${plan}`);
    const server = new LocalServer(recipe, plan, { ...place, port: place.port ?? String(await freePort()) });
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    const [command, ...args] = this.#plan.command(this.#port, this.dir, this.#lasting);
    // A group of its own: Ctrl-C is for those that started it, who stop things in order. The stand-in ends with its input.
    const child = spawn(command!, args, {
      detached: true,
      stdio: ["pipe", "ignore", "pipe"],
      env: { ...process.env, ...this.#plan.env },
    });
    this.#child = child;
    this.#ended = adopt(child);
    leash(child);
    let words = "";
    child.stderr.on("data", (data: Buffer) => (words = (words + data.toString()).slice(-2000)));
    try {
      await answering(this.#port, child);
    } catch (error) {
      await this.kill();
      throw new Error(`${this.title} did not start: ${command} ${args.join(" ")}\n${words}`, { cause: error });
    }
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  get remark(): string | undefined {
    return this.#plan.remark;
  }

  /** From now on it is started again whenever it dies, until it is told to stop. */
  keep(keeper: Keeper): void {
    const { signal } = (this.#kept = new AbortController());
    void (async () => {
      for (const backoff = new Backoff(); ; backoff.started()) {
        const how = await this.#ended;
        if (signal.aborted) return;
        const pause = backoff.died();
        keeper.died(how, pause);
        await sleep(pause, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        this.restarts++;
        await this.start().then(
          () => keeper.revived(),
          () => {},
        );
      }
    })();
  }

  /** Gently, so that it writes what it has. */
  async stop(): Promise<void> {
    this.#kept?.abort();
    this.#child?.stdin?.end();
    this.#child?.kill("SIGCONT");
    this.#child?.kill("SIGTERM");
    const late = sleep(STOP_WITHIN, undefined, { ref: false }).then(() => this.#child?.kill("SIGKILL"));
    await Promise.race([this.#ended, late]);
    await this.#ended;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  /** It hangs: connections stay open and nobody answers. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Its data goes; it must not be running. */
  wipe(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function answering(port: string, child: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_WITHIN; !(await reachable(HERE, Number(port))); await sleep(POLL)) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      throw new Error("it ended by itself");
    if (Date.now() > end) throw new Error(`no answer on port ${port}`);
  }
}

/** Whether somebody takes connections there within `ms`. */
export function reachable(host: string, port: number, ms = 2000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ms });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

/** Builds the stand-in for MongoDB where there is no mongod and none is given. */
if (import.meta.main && process.argv[2] === "install" && !process.env["MONGO_URL"] && !program("mongod")) build();
