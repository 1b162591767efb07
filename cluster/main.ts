import { join, resolve } from "node:path";
import { ConfigError } from "../core/config.ts";
import { lockFolder } from "../core/lock.ts";
import { rootKeys } from "../core/secrets.ts";
import { Backing } from "./backing.ts";
import { Board } from "./board.ts";
import { Cluster } from "./cluster.ts";
import { planOf } from "./plan.ts";
import { Terminal } from "./terminal.ts";

/** What has not stopped by then is killed, ms. */
const STOP_WITHIN = 10_000;
/** One Ctrl-C arrives several times: from the terminal, from npm, from bin/cluster.mjs. Later it is another one, ms. */
const SAME_SIGNAL = 500;

const { stdout, stderr, env } = process;
const terminal = new Terminal({
  write: (text) => void stdout.write(text),
  colours: stdout.isTTY && !env["NO_COLOR"],
  quiet: !env["LOGLEVEL"],
});
const backing = new Backing(terminal);
let cluster: Cluster | undefined;
let board: Board | undefined;
let stoppingSince: number | undefined;

async function start(): Promise<void> {
  const began = Date.now();
  const plan = await planOf(env);
  const dir = resolve(plan.config.DATA_DIR);
  await lockFolder(dir);
  const keys = rootKeys({ ...plan.config, DATA_DIR: dir });
  const urls = await backing.start(plan, join(dir, "cluster"));
  if (stoppingSince !== undefined) return;
  cluster = await Cluster.start({
    replicas: plan.replicas,
    port: plan.port,
    env: { ...keys, ...urls, DATA_DIR: dir, ...given("PUBLIC_URL", "API_URL") },
    listener: {
      said: ({ name }, line) => terminal.pass(name, line),
      died: (worker, how, pause) => {
        terminal.warn(worker.name, `died (${how}), starts again in ${pause} ms`);
        void board?.awaits(worker);
      },
    },
  });
  board = new Board(terminal, backing.started, cluster.workers);
  terminal.say("cluster", `${cluster.workers.length} processes are starting …`);
  if (!(await board.ready())) return;
  await board.table();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  terminal.say("cluster", `ready after ${seconds} s: ${cluster.url}`);
}

/** The variables that are set, and win over what the cluster would choose. */
const given = (...names: string[]) =>
  Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : []))) as Record<string, string>;

/** Gateways, services, servers: each may still need the next. Whatever is left is killed as this process ends. */
async function stop(code = 0): Promise<void> {
  if (stoppingSince !== undefined) {
    if (Date.now() - stoppingSince > SAME_SIGNAL) process.exit(code || 1);
    return;
  }
  const since = (stoppingSince = Date.now());
  board?.close();
  setTimeout(() => {
    terminal.warn("cluster", `not stopped within ${STOP_WITHIN / 1000} s: the rest is killed`);
    process.exit(1);
  }, STOP_WITHIN);
  await cluster?.stop((phase) => terminal.say("cluster", `stopping the ${phase} …`));
  if (backing.started.length > 0) terminal.say("cluster", "stopping the servers …");
  await backing.stop();
  terminal.say("cluster", `stopped after ${((Date.now() - since) / 1000).toFixed(1)} s`);
  process.exit(code);
}

function fail(error: unknown): void {
  stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
  if (cluster || backing.started.length > 0) void stop(1).catch(() => process.exit(1));
  else process.exit(1);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop().catch(fail));
// bin/cluster.mjs was killed.
process.once("disconnect", () => void stop().catch(fail));
process.on("uncaughtException", fail);
// Nobody reads any more.
stdout.on("error", () => void stop());
start().catch(fail);
