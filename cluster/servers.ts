import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A server of the cluster: the variable that gives it by URL, and how to start one that is found on this machine. */
export interface Recipe {
  title: string;
  /** What names one that runs already. */
  variable: string;
  /** How it is started here, or why it cannot be. */
  find(): Plan | string;
}

export interface Plan {
  url(port: string): string;
  /** `lasting`: what it is told must outlive its process. */
  command(port: string, dir: string, lasting: boolean): string[];
  env?: Record<string, string>;
  /** What to tell people of it. */
  remark?: string;
}

const ROOT = join(import.meta.dirname, "..");
const STAND_IN = join(ROOT, ".servers", "mongo-server");
/** A server that does not answer by then is broken, ms. */
const START_WITHIN = 20_000;
/** A server that has not ended by then is killed, ms. */
const STOP_WITHIN = 5000;
const POLL = 25;
const HERE = "127.0.0.1";

export const nats: Recipe = {
  title: "NATS",
  variable: "NATS_URL",
  find: () =>
    program("nats-server")
      ? {
          url: (port) => `nats://${HERE}:${port}`,
          command: (port, dir) => ["nats-server", "-js", "--addr", HERE, "--port", port, "--store_dir", dir],
        }
      : "no nats-server",
};

export const redis: Recipe = {
  title: "Redis",
  variable: "REDIS_URL",
  find: () =>
    program("redis-server")
      ? {
          url: (port) => `redis://${HERE}:${port}`,
          command: (port, dir) => [
            ...["redis-server", "--bind", HERE, "--port", port, "--dir", dir],
            ...["--appendonly", "yes", "--save", ""],
          ],
        }
      : "no redis-server",
};

export const mongo: Recipe = {
  title: "MongoDB",
  variable: "MONGO_URL",
  find() {
    const url = (port: string) => `mongodb://${HERE}:${port}`;
    if (program("mongod")) {
      const command = ["mongod", "--quiet", "--bind_ip", HERE, "--nounixsocket"];
      return { url, command: (port, dir) => [...command, "--port", port, "--dbpath", dir] };
    }
    if (!program("java")) return "neither a mongod, nor Java for its stand-in";
    if (!existsSync(join(STAND_IN, "Server.class")))
      return "no mongod, and its stand-in is not built: node cluster/servers.ts install";
    const classes = [STAND_IN, join(STAND_IN, "lib", "*")].join(delimiter);
    // The flags make a short-lived JVM start in half a second and stay small.
    const java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp", classes, "Server"];
    return {
      url,
      command: (port, dir, lasting) => [...java, port, ...(lasting ? [join(dir, "mongo.mv")] : [])],
      remark: "a stand-in, since there is no mongod: it scans instead of using indexes, so do not judge speed by it",
    };
  },
};

export const s3: Recipe = {
  title: "S3",
  variable: "S3_URL",
  find: () =>
    program("versitygw")
      ? {
          url: (port) => `http://holdfast:holdfast-secret@${HERE}:${port}/holdfast`,
          command: (port, dir) => ["versitygw", "--quiet", "--port", `${HERE}:${port}`, "posix", dir],
          env: { ROOT_ACCESS_KEY: "holdfast", ROOT_SECRET_KEY: "holdfast-secret" },
        }
      : "no versitygw",
};

export interface Place {
  /** Where its data lies; made when it is missing. */
  dir: string;
  /** A free one by default. */
  port?: string;
  /** False: nothing has to outlive its process. */
  lasting?: boolean;
}

/** A server started here. It can be stopped, killed, paused, and started again on the same port and data. */
export class LocalServer {
  readonly url: string;
  readonly dir: string;
  readonly #recipe: Recipe;
  readonly #plan: Plan;
  readonly #port: string;
  readonly #lasting: boolean;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  private constructor(recipe: Recipe, plan: Plan, { port, dir, lasting = true }: Place & { port: string }) {
    this.#recipe = recipe;
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
    let words = "";
    child.stderr.on("data", (data: Buffer) => (words = (words + data.toString()).slice(-2000)));
    const kill = () => void child.kill("SIGKILL");
    process.once("exit", kill);
    this.#ended = new Promise((resolve) => {
      const end = () => {
        process.removeListener("exit", kill);
        resolve();
      };
      child.once("close", end).once("error", end);
    });
    try {
      await answering(this.#port, child);
    } catch (error) {
      await this.kill();
      throw new Error(`${this.#recipe.title} did not start: ${command} ${args.join(" ")}\n${words}`, { cause: error });
    }
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.exitCode === null && !this.#child.signalCode ? this.#child.pid : undefined;
  }

  /** Gently, so that it writes what it has. */
  async stop(): Promise<void> {
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
  for (const end = Date.now() + START_WITHIN; ; await sleep(POLL)) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error("it ended by itself");
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), HERE, () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (answered) return;
    if (Date.now() > end) throw new Error(`no answer on port ${port}`);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HERE, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Where a program lies on the path, or null. */
export function program(name: string): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, process.platform === "win32" ? `${name}.exe` : name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Builds the stand-in for MongoDB from Maven Central, where there is no mongod. Needs a JDK and Maven. */
function install(): void {
  if (process.env["MONGO_URL"] || program("mongod")) return;
  const source = join(import.meta.dirname, "mongo-server");
  const lib = join(STAND_IN, "lib");
  mkdirSync(STAND_IN, { recursive: true });
  const pom = join(STAND_IN, "pom.xml");
  cpSync(join(source, "pom.xml"), pom);
  const maven = ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${lib}`];
  execFileSync("mvn", maven, { stdio: "inherit" });
  execFileSync("javac", ["-cp", join(lib, "*"), "-d", STAND_IN, join(source, "Server.java")], { stdio: "inherit" });
}

if (import.meta.main && process.argv[2] === "install") install();
