// npm test: everything that needs no outside program, plus what finds its servers. Arguments go to Jest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, environment, install, node, root, run, say } from "./prepare.mjs";

install();
build();
const scratch = mkdtempSync(join(tmpdir(), "holdfast-"));
const skips = join(scratch, "skips");
const options = `${process.env.NODE_OPTIONS ?? ""} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
const jest = [join(root, "node_modules", "jest", "bin", "jest.js"), "--maxWorkers=2", ...process.argv.slice(2)];
const code = run(node(), jest, { env: environment({ NODE_OPTIONS: options.trim(), HOLDFAST_SKIPS: skips }) });
if (existsSync(skips)) {
  say("Skipped here:");
  for (const line of [...new Set(readFileSync(skips, "utf8").trim().split("\n"))]) say(`  ${line}`);
}
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
