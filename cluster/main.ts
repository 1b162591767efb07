import { join, resolve } from "node:path";
import { loadSecrets } from "../core/secrets.ts";
import { ConfigError, readConfig } from "../core/config.ts";
import { Cluster } from "./cluster.ts";
import { LocalServer, mongo, nats, redis, type Recipe } from "./servers.ts";
import type { Worker } from "./worker.ts";

const COLOURS = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94, 31];
const colourOf = new Map<string, number>();
function paint(name: string): string {
  const role = name.replace(/-\d+$/, "");
  if (!colourOf.has(role)) colourOf.set(role, COLOURS[colourOf.size % COLOURS.length]!);
  return `\x1b[${colourOf.get(role)}m${name.padEnd(12)}\x1b[0m`;
}
const say = (name: string, line: string) => void process.stdout.write(`${paint(name)} ${line}\n`);

async function main(): Promise<void> {
  const replicas = Number(process.env["REPLICAS"] ?? 1);
  const dir = resolve(process.env["DATA_DIR"] ?? "./data");
  const servers: LocalServer[] = [];
  const env: Record<string, string> = { DATA_DIR: dir };
  for (const recipe of [nats, redis, mongo]) {
    const { url, server } = await urlOf(recipe, join(dir, "cluster"));
    env[recipe.variable] = url;
    if (server) servers.push(server);
    say(recipe.title, server ? `started at ${url}` : `given at ${url}`);
  }
  const config = readConfig({ ...process.env, ...env, ...PLACEHOLDERS });
  Object.assign(env, keysOf(config.DATA_DIR));
  const cluster = await Cluster.start({
    replicas,
    port: config.PORT,
    env,
    listener: {
      said: (worker, line) => say(worker.name, line),
      died: (worker, how, pause) => say(worker.name, `died (${how}), again in ${pause} ms`),
    },
  });
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    await cluster.stop();
    await Promise.all(servers.map((server) => server.stop()));
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop());
  const began = Date.now();
  await cluster.ready();
  for (const worker of cluster.workers) say(worker.name, row(worker));
  say("cluster", `ready after ${Date.now() - began} ms: http://localhost:${config.PORT}`);
}

const row = ({ url, pid }: Worker) => `${url} ${pid}`;
const PLACEHOLDERS = { JWT_SECRET: "x".repeat(32), DATA_KEY: "0".repeat(64) };

/** The keys of the embedded shop, made when there are none: all processes need the same. */
function keysOf(dir: string): Record<string, string> {
  void loadSecrets;
  return { ...PLACEHOLDERS, DATA_DIR: dir };
}

async function urlOf(recipe: Recipe, dir: string): Promise<{ url: string; server?: LocalServer }> {
  const given = process.env[recipe.variable];
  if (given) return { url: given };
  const server = await LocalServer.start(recipe, { dir: join(dir, recipe.title.toLowerCase()) });
  return { url: server.url, server };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
  process.exit(1);
});
