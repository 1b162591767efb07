import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { accessSync, appendFileSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A real server for specs: given by URL in the environment, found on this machine, or missing with a reason. */
export interface Server {
  url: string;
  /** Ends what was started here; a server that was given by URL is left alone. */
  stop(): Promise<void>;
}

/** Gives the server, or null when it cannot be had here. */
export interface Provider {
  (): Promise<Server | null>;
  title: string;
  /** Why the server cannot be had here; undefined when it can. */
  missing(): string | undefined;
}

const ROOT = join(import.meta.dirname, "..");
const STAND_IN = join(ROOT, ".servers", "mongo-server");
/** A server that does not answer by then is broken, ms. */
const START_WITHIN = 20_000;
const POLL = 25;

export const mongo: Provider = provider("MongoDB", "MONGO_URL", () => {
  if (program("mongod")) {
    return (port, dir) => ({
      url: `mongodb://127.0.0.1:${port}`,
      command: ["mongod", "--quiet", "--bind_ip", "127.0.0.1", "--nounixsocket", "--port", port, "--dbpath", dir],
    });
  }
  if (!program("java")) return "neither MONGO_URL, nor a mongod, nor Java for its stand-in";
  if (!existsSync(join(STAND_IN, "Server.class"))) return "the stand-in is not built: node tests/servers.ts install";
  const classes = [STAND_IN, join(STAND_IN, "lib", "*")].join(delimiter);
  // The flags make a short-lived JVM start in half a second and stay small.
  const java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-cp", classes, "Server"];
  return (port) => ({ url: `mongodb://127.0.0.1:${port}`, command: [...java, port] });
});

export const nats: Provider = provider("NATS", "NATS_URL", () => {
  if (!program("nats-server")) return "neither NATS_URL nor a nats-server";
  return (port, dir) => ({
    url: `nats://127.0.0.1:${port}`,
    command: ["nats-server", "-js", "--addr", "127.0.0.1", "--port", port, "--store_dir", dir],
  });
});

export const stripeMock: Provider = provider("stripe-mock", "STRIPE_MOCK_URL", () => {
  if (!program("stripe-mock")) return "neither STRIPE_MOCK_URL nor a stripe-mock";
  return (port) => ({ url: `http://127.0.0.1:${port}`, command: ["stripe-mock", "-http-addr", `127.0.0.1:${port}`] });
});

/** The path of a Chromium for Playwright's `executablePath`, or null. */
export function chromium(): string | null {
  return process.env["CHROMIUM_PATH"] ?? program("chromium") ?? program("chromium-browser") ?? program("google-chrome");
}

/** Says in the last lines of the test run what was not tested here, and why: the runner shows the file that HOLDFAST_SKIPS names. */
export function skipped(name: string, reason: string): void {
  const list = process.env["HOLDFAST_SKIPS"];
  if (list) appendFileSync(list, `${name}: ${reason}\n`);
}

/** Builds the stand-in for MongoDB from Maven Central, where there is no mongod. Needs a JDK and Maven. */
function install(): void {
  if (process.env["MONGO_URL"] || program("mongod")) return;
  const source = join(import.meta.dirname, "mongo-server");
  const lib = join(STAND_IN, "lib");
  mkdirSync(STAND_IN, { recursive: true });
  cpSync(join(source, "pom.xml"), join(STAND_IN, "pom.xml"));
  const maven = [
    "-q",
    "-B",
    "-f",
    join(STAND_IN, "pom.xml"),
    "dependency:copy-dependencies",
    `-DoutputDirectory=${lib}`,
  ];
  execFileSync("mvn", maven, { stdio: "inherit" });
  execFileSync("javac", ["-cp", join(lib, "*"), "-d", STAND_IN, join(source, "Server.java")], { stdio: "inherit" });
}

interface Plan {
  url: string;
  command: string[];
}
type Starter = (port: string, dir: string) => Plan;

/** `find` gives a way to start the server on a port with a folder for its data, or says why there is none. */
function provider(title: string, variable: string, find: () => Starter | string): Provider {
  const missing = () => {
    const found = process.env[variable] ?? find();
    return typeof found === "string" && !process.env[variable] ? found : undefined;
  };
  const start = async (): Promise<Server | null> => {
    const given = process.env[variable];
    if (given) return { url: given, stop: async () => {} };
    const starter = find();
    return typeof starter === "string" ? null : launch(title, starter);
  };
  return Object.assign(start, { title, missing });
}

async function launch(title: string, starter: Starter): Promise<Server> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-server-"));
  const port = await freePort();
  const { url, command } = starter(String(port), dir);
  const child = spawn(command[0]!, command.slice(1), { stdio: ["pipe", "ignore", "pipe"] });
  let words = "";
  child.stderr.on("data", (data: Buffer) => (words = (words + data.toString()).slice(-2000)));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const failed = new Promise<void>((resolve) => child.once("error", () => resolve()));
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    process.removeListener("exit", kill);
    kill();
    await Promise.race([ended, failed]);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await answering(port, child);
  } catch (error) {
    await stop();
    throw new Error(`${title} did not start: ${command.join(" ")}\n${words}`, { cause: error });
  }
  return { url, stop };
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_WITHIN; ; await sleep(POLL)) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error("it ended by itself");
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (answered) return;
    if (Date.now() > end) throw new Error(`no answer on port ${port}`);
  }
}

/** The same server, another database. */
export function databaseOf(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Where a program lies on the path, or null. */
function program(name: string): string | null {
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

if (import.meta.main && process.argv[2] === "install") install();
