// npm test: everything that needs no outside program, plus what finds its servers. Arguments go to Jest; with one, the
// storefront's components are left out. HOLDFAST_REPORT names a folder for the results as JSON.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build, environment, install, node, root, run, say } from "./prepare.mjs";

install();
build();
const scratch = mkdtempSync(join(tmpdir(), "holdfast-"));
const skips = join(scratch, "skips");
const options = `${process.env.NODE_OPTIONS ?? ""} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
const reports = process.env.HOLDFAST_REPORT;
const report = (name) => (reports ? [`--outputFile=${join(reports, `${name}.json`)}`] : []);
const env = environment({ NODE_OPTIONS: options.trim(), HOLDFAST_SKIPS: skips });
const args = process.argv.slice(2);

function services() {
  const jest = join(root, "node_modules", "jest", "bin", "jest.js");
  return run(node(), [jest, "--maxWorkers=2", ...(reports ? ["--json"] : []), ...report("services"), ...args], { env });
}
function components() {
  const frontend = join(root, "frontend");
  const vitest = dirname(createRequire(join(frontend, "package.json")).resolve("vitest/package.json"));
  const reporters = ["--reporter=default", ...(reports ? ["--reporter=json"] : []), ...report("components")];
  return run(node(), [join(vitest, "vitest.mjs"), "run", ...reporters], { cwd: frontend });
}
const codes = [services(), ...(args.length ? [] : [components()])];
if (existsSync(skips)) {
  say("Skipped here:");
  for (const line of [...new Set(readFileSync(skips, "utf8").trim().split("\n"))]) say(`  ${line}`);
}
rmSync(scratch, { recursive: true, force: true });
process.exit(Math.max(...codes));
