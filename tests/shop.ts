import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { flags, settings } from "../bin/tuning.mjs";
import { Client } from "./client.ts";
import { freePort } from "../cluster/servers.ts";
import { databaseOf } from "./servers.ts";

const ROOT = join(import.meta.dirname, "..");
const START_WITHIN = 30_000;
/** What processes on one MongoDB have to agree on. */
const SHARED = { JWT_SECRET: "a secret that only tests know, 32+", DATA_KEY: "00".repeat(32) };

export interface ShopOptions {
  env?: Record<string, string | undefined>;
  /** The data of an earlier shop, to go on with. */
  dir?: string;
  /** Services by folder name, comma-separated; all when left out. */
  services?: string;
  /** No file may grow past so many KiB: what is written then fails, as on a full disk. */
  fileSize?: number;
}

/** The shop as a process of its own, the way `npm start` runs it: it can be killed, and started again on its data. */
export class Shop {
  readonly dir: string;
  readonly url: string;
  /** All that it wrote, for a test to look into. */
  output = "";
  #child: ChildProcess;
  #ended: Promise<number | null>;
  #kept: boolean;
  #options: ShopOptions;

  private constructor(child: ChildProcess, url: string, dir: string, options: ShopOptions) {
    this.#child = child;
    this.url = url;
    this.dir = dir;
    this.#kept = options.dir !== undefined;
    this.#options = options;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (data: Buffer) => (this.output += data.toString()));
    this.#ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  /** Resolves when it answers; `ready: false` does not wait. */
  static async start(options: ShopOptions = {}, { ready = true } = {}): Promise<Shop> {
    const { env = {}, dir, services, fileSize } = options;
    const folder = dir ?? mkdtempSync(join(tmpdir(), "holdfast-shop-"));
    const port = env["PORT"] ?? String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const limited = fileSize ? ["bash", "-c", `ulimit -f ${fileSize}; exec "$0" "$@"`] : [];
    const [program, ...args] = [...limited, process.execPath];
    const child = spawn(
      program!,
      [
        ...args,
        ...flags,
        join(ROOT, "node_modules/moleculer/bin/moleculer-runner.mjs"),
        "-c",
        "moleculer.config.ts",
        "--mask",
        "**/*.service.ts",
        ...(services ? [] : ["services"]),
      ],
      {
        cwd: ROOT,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          ...settings,
          NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
          // A server given to the test run is for the specs that ask for it.
          MONGO_URL: "",
          NATS_URL: "",
          REDIS_URL: "",
          PORT: port,
          PUBLIC_URL: url,
          DATA_DIR: folder,
          LOGLEVEL: "warn",
          RATE_LIMIT: "off",
          DEMO_SHOP: "off",
          ...(services && { SERVICEDIR: "services", SERVICES: services }),
          ...(env["MONGO_URL"] && SHARED),
          ...env,
          ...(env["MONGO_URL"] && { MONGO_URL: databaseOf(env["MONGO_URL"], basename(folder)) }),
        },
      },
    );
    const shop = new Shop(child, url, folder, options);
    if (ready)
      await shop.answers().catch(async (error: unknown) => {
        await shop.crash();
        throw error;
      });
    return shop;
  }

  async answers(): Promise<void> {
    for (const end = Date.now() + START_WITHIN; ; await sleep(20)) {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode)
        throw new Error(`The shop ended with ${exitCode ?? signalCode}\n${this.output}`);
      const ready = await fetch(`${this.url}/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (ready) return;
      if (Date.now() > end) throw new Error(`The shop is not ready\n${this.output}`);
    }
  }

  client(): Client {
    return new Client(this.url);
  }

  /** kill -9. */
  async crash(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** The same shop again: its address, its data, its environment but for what is given. */
  async restart(env: ShopOptions["env"] = {}, { fileSize }: Pick<ShopOptions, "fileSize"> = {}): Promise<Shop> {
    await this.crash();
    const { port: PORT } = new URL(this.url);
    const options = { ...this.#options, dir: this.dir, fileSize, env: { ...this.#options.env, PORT, ...env } };
    const again = await Shop.start(options);
    again.#kept = this.#kept;
    return again;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Its exit code, once it has ended by itself. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  /** As Ctrl-C does; the exit code. */
  interrupt(): Promise<number | null> {
    this.#child.kill("SIGINT");
    return this.#ended;
  }

  /** Ends it for good; its data goes too, unless the folder was given. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.crash();
    if (!this.#kept) rmSync(this.dir, { recursive: true, force: true });
  }
}
