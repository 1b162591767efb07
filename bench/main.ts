import { existsSync } from "node:fs";
import { catalogue } from "./catalogue.ts";
import { table, type Claim } from "./claims.ts";
import { cluster } from "./cluster.ts";
import { live } from "./live.ts";
import { hangUp } from "./person.ts";
import { purchase } from "./purchase.ts";
import { reserve } from "./reserve.ts";
import { rush } from "./rush.ts";
import { search } from "./search.ts";
import { start } from "./start.ts";

/** Longer than everything together takes, ms. */
const PATIENCE = 600_000;

const benchmarks: Record<string, () => Promise<Claim[]>> = {
  start,
  catalogue,
  search,
  live,
  reserve,
  rush,
  purchase,
  cluster,
};
/** Without names everything of the shop in one process; the cluster wants servers, and is measured when it is named. */
const usual = Object.keys(benchmarks).filter((name) => name !== "cluster");

const stop = (line: string): never => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benchmarks));
if (unknown.length) stop(`Unknown: ${unknown.join(", ")}; known: ${Object.keys(benchmarks).join(", ")}`);
if (!existsSync("/proc/self/stat")) stop("The CPU time of processes is read from /proc, which only Linux has");

setTimeout(() => stop("Not done within 10 minutes"), PATIENCE).unref();
const claims: Claim[] = [];
for (const name of wanted.length ? wanted : usual) {
  process.stderr.write(`${name} …\n`);
  claims.push(...(await benchmarks[name]!()));
}
hangUp();
process.stdout.write(`\n${table(claims)}\n`);
