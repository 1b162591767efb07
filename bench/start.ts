import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { flags, settings } from "../bin/tuning.mjs";
import { freePort } from "../cluster/servers.ts";
import { atMost, rounded, type Claim } from "./claims.ts";
import { cpuOf, median } from "./meter.ts";
import { send, textOf } from "./person.ts";
import { withCatalogue } from "./shops.ts";

const ROOT = join(import.meta.dirname, "..");
const ITEMS = 5000;
const ROUNDS = 5;
/** A start that takes longer is none, ms. */
const PATIENCE = 30_000;
const RUNNER = [
  ...flags,
  "node_modules/moleculer/bin/moleculer-runner.mjs",
  "-c",
  "moleculer.config.ts",
  "--mask",
  "**/*.service.ts",
  "services",
];

/** Set by `npm run bench`, which has installed and built everything: without that a start would do it. */
const prepared = process.env["HOLDFAST_PREPARED"] === "yes";

/** From the command to the first answer of the shop, on a data folder with 10,000 documents and built files. */
export const start = (): Promise<Claim[]> =>
  withCatalogue(ITEMS, async (dir) => {
    const [process, command] = [await several(dir, RUNNER), prepared && (await several(dir, ["bin/start.mjs"]))];
    const beside = `${rounded(process.cpu)} s of CPU`;
    return [
      atMost(`start on ${2 * ITEMS} documents, to the first answer`, 1.5, "s", process.time, beside),
      ...(command ? [atMost("a second `npm start`, to the first answer", 2, "s", command.time)] : []),
    ];
  });

async function several(dir: string, command: string[]): Promise<{ time: number; cpu: number }> {
  const runs: { time: number; cpu: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push(await firstAnswer(dir, command));
  return { time: median(runs.map(({ time }) => time)), cpu: median(runs.map(({ cpu }) => cpu)) };
}

async function firstAnswer(dir: string, command: string[]): Promise<{ time: number; cpu: number }> {
  const port = String(await freePort());
  const began = performance.now();
  const env = { ...process.env, ...settings, PORT: port, DATA_DIR: dir, DEMO_SHOP: "off", LOGLEVEL: "warn" };
  const shop = spawn(process.execPath, command, { cwd: ROOT, stdio: "ignore", env });
  const ended = once(shop, "exit");
  try {
    while (performance.now() - began < PATIENCE) {
      const answer = await send(`http://127.0.0.1:${port}/api/items`).catch(() => undefined);
      if (answer?.statusCode === 200) {
        const time = (performance.now() - began) / 1000;
        await textOf(answer);
        return { time, cpu: cpuOf(shop.pid!) / 1000 };
      }
      await (answer ? textOf(answer) : sleep(10));
    }
    throw new Error("The shop did not start");
  } finally {
    shop.kill("SIGTERM");
    await ended;
  }
}
