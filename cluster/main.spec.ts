import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { TestCluster } from "../tests/cluster.ts";
import { skipped } from "../tests/servers.ts";
import { obstacle } from "./ports.ts";
import { freePort } from "./servers.ts";

const MAIN = join(import.meta.dirname, "main.ts");
/** A busy machine takes its time. */
const READY_WITHIN = 90_000;
const STOPPED_WITHIN = 10_000;

const scratch = mkdtempSync(join(tmpdir(), "holdfast-"));
const running = new Set<Launch>();
afterAll(async () => {
  for (const launch of running) await launch.end();
  rmSync(scratch, { recursive: true, force: true });
});

/** `npm run cluster`, as a process of its own. */
class Launch {
  output = "";
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(env: Record<string, string>) {
    const servers = { NATS_URL: "", REDIS_URL: "", MONGO_URL: "", S3_URL: "" };
    const child = spawn(process.execPath, [MAIN], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "", LOGLEVEL: "", DEMO_SHOP: "off", ...servers, ...env },
    });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (this.output += data));
    this.#child = child;
    running.add(this);
    this.ended = new Promise((resolve) => child.once("close", resolve));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(): Promise<void> {
    this.signal("SIGTERM");
    await this.ended;
  }

  /** Everything that it started, and what that started. */
  family(): number[] {
    const table = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
    const family = [this.#child.pid!];
    for (const parent of family) for (const [pid, ppid] of table) if (ppid === parent) family.push(pid);
    return family.slice(1);
  }

  async says(words: string | RegExp, ms = READY_WITHIN): Promise<void> {
    const said = () => (typeof words === "string" ? this.output.includes(words) : words.test(this.output));
    await until(said, ms, () => `${words} was not said:\n${this.output}`);
  }
}

async function until(holds: () => boolean, ms: number, complaint: () => string): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await sleep(50)) if (Date.now() > end) throw new Error(complaint());
}

/** Those of them that live. What nobody has buried yet is dead all the same. */
function living(pids: number[]): string[] {
  const list = execFileSync("ps", ["-e", "-o", "pid=,stat=,args="], { encoding: "utf8" });
  return list.split("\n").filter((line) => {
    const [pid, state] = line.trim().split(/\s+/);
    return pids.includes(Number(pid)) && !state!.startsWith("Z");
  });
}

/** A start that is not to succeed: its exit code, and every line it wrote. */
async function refused(env: Record<string, string>): Promise<{ code: number | null; lines: string[] }> {
  const launch = new Launch(env);
  const code = await launch.ended;
  return { code, lines: launch.output.trim().split("\n") };
}

/** The first of two ports in a row that nobody listens on, and that no outgoing connection is given. */
async function freePortPair(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (!(await obstacle(port + 1))) return port;
  }
}

describe("a start that cannot succeed ends before anything is touched", () => {
  const DATA_DIR = join(scratch, "untouched");
  afterAll(() => expect(existsSync(DATA_DIR)).toBe(false));

  test("bad values have a line each", async () => {
    const line = "REPLICAS should be a whole number from 1 to 16";
    for (const REPLICAS of ["0", "17", "1.5", "two"])
      expect(await refused({ DATA_DIR, REPLICAS })).toEqual({ code: 1, lines: [line] });
    const { code, lines } = await refused({ DATA_DIR, PORT: "x", MONGO_URL: "localhost", DATA_KEY: "short" });
    expect(code).toBe(1);
    expect(lines.map((each) => each.split(" should be ")[0])).toEqual(["PORT", "MONGO_URL", "DATA_KEY"]);
  });

  test("a port that is taken is named, also that of a second gateway", async () => {
    const first = await freePortPair();
    const port = first + 1;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, resolve));
    const taken = `PORT ${port} is already in use`;
    try {
      expect(await refused({ DATA_DIR, PORT: String(port) })).toEqual({ code: 1, lines: [taken] });
      const before = { DATA_DIR, REPLICAS: "2", PORT: String(first) };
      expect(await refused(before)).toEqual({ code: 1, lines: [`${taken}: it is for gateway 2`] });
    } finally {
      server.close();
    }
  });

  test("servers that cannot be found are listed once, with what to do", async () => {
    const path = join(scratch, "empty");
    mkdirSync(path);
    const { code, lines } = await refused({ DATA_DIR, PORT: "0", PATH: path });
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/no nats-server; no redis-server; neither a mongod, nor Java/);
    expect(lines).toContain("  docker compose up -d");
    expect(lines.filter((line) => /^ {2}export (NATS|REDIS|MONGO)_URL=/.test(line))).toHaveLength(3);
    const given = { NATS_URL: "nats://127.0.0.1:1", MONGO_URL: "mongodb://127.0.0.1:1" };
    const rest = await refused({ DATA_DIR, PORT: "0", PATH: path, ...given });
    expect(rest.lines[0]).toMatch(/here is no redis-server\.$/);
  });
});

const missing = TestCluster.missing();
if (missing) skipped("npm run cluster", missing);

(missing ? describe.skip : describe)("a cluster in the terminal", () => {
  const dir = join(scratch, "data");
  let launch: Launch;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    launch = new Launch({ DATA_DIR: dir, PORT: String(port) });
    await launch.says(/ready after [\d.]+ s: http/);
  }, READY_WITHIN);

  test("shows every process with its address, process id, memory and restarts; its keys are kept", async () => {
    const { output } = launch;
    expect(output).not.toContain("\x1b");
    expect(output).toMatch(/cluster +process +address +ready +pid +MB +restarts\n/);
    for (const server of ["NATS", "Redis", "MongoDB"]) expect(output).toMatch(rowOf(server));
    for (const services of ["api", "auth", "expiration", "orders", "sandbox"]) expect(output).toMatch(rowOf(services));
    expect(output).not.toMatch(/\[\d{4}-|Service '\w+' started/);
    for (const file of ["jwt-secret", "data-key"]) expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
    expect((await fetch(`http://127.0.0.1:${port}/api/items`)).status).toBe(200);
  });

  test("a second one on its folder is refused", async () => {
    const line = `DATA_DIR ${dir} is in use by another process: stop that one, or give this one its own folder`;
    expect(await refused({ DATA_DIR: dir, PORT: "0" })).toEqual({ code: 1, lines: [line] });
  });

  test("a service and a server that die are named and come back", async () => {
    process.kill(pidOf("audit"), "SIGKILL");
    process.kill(pidOf("Redis"), "SIGKILL");
    await launch.says(/audit +died \(SIGKILL\), starts again in \d+ ms/);
    await launch.says(/Redis +is back: redis:.* restarts 1/);
    await launch.says(/audit +is back after [\d.]+ s: .* restarts 1/);
    expect(living([pidOf("audit")])).toEqual([]);
  }, 60_000);

  test("one Ctrl-C, which npm delivers twice, stops it in order and leaves nothing", async () => {
    const family = launch.family();
    expect(family.length).toBeGreaterThan(12);
    const since = Date.now();
    launch.signal("SIGINT");
    // Two at once would arrive as one.
    await sleep(50);
    launch.signal("SIGINT");
    expect(await launch.ended).toBe(0);
    expect(Date.now() - since).toBeLessThan(STOPPED_WITHIN);
    const phases = [...launch.output.matchAll(/stopping the (\w+)|(stopped) after/g)].map(
      ([, phase, end]) => phase ?? end,
    );
    expect(phases).toEqual(["gateways", "services", "servers", "stopped"]);
    expect(living(family)).toEqual([]);
  }, 30_000);

  const rowOf = (name: string) => new RegExp(`cluster +${name} +\\w+://[\\w.:]+ +yes +\\d+ +\\d+ +0\\n`);
  const pidOf = (name: string) => Number(new RegExp(` ${name} +\\S+ +yes +(\\d+)`).exec(launch.output)![1]);
});

test("kill -9 of the cluster ends what it started", async () => {
  if (missing) return;
  const launch = new Launch({ DATA_DIR: join(scratch, "orphans"), PORT: "0" });
  await launch.says("processes are starting");
  const family = launch.family();
  launch.signal("SIGKILL");
  await launch.ended;
  await until(
    () => living(family).length === 0,
    20_000,
    () => `they live on:\n${living(family).join("\n")}`,
  );
}, 60_000);
