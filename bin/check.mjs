// npm run check: lint, format, types, dead code and the house's own measures.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { install, root, run, say } from "./prepare.mjs";

/** No source file is longer. */
const MOST_LINES = 250;

install();
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter(Boolean);
const text = (file) => readFileSync(join(root, file), "utf8");

function measures() {
  const sources = tracked.filter((file) => /\.(ts|mjs|js|vue|css|java|sh)$|^\.ci\/run$/.test(file));
  const long = sources.filter((file) => text(file).split("\n").length - 1 > MOST_LINES);
  for (const file of long) say(`${file} has more than ${MOST_LINES} lines`);
  const addressed = /"resolved": "http/.test(text("package-lock.json"));
  if (addressed) say("package-lock.json names registry addresses");
  const readme = text("README.md").split("\n").length - 1 > 150;
  if (readme) say("README.md has more than 150 lines");
  return long.length || addressed || readme ? 1 : 0;
}

const checks = {
  lint: () => run("oxlint", ["--type-aware", "--deny-warnings"]),
  format: () => run("oxfmt", ["--check", "."]),
  types: () => run("tsc", []),
  "storefront types": () => run("nuxt", ["typecheck"], { cwd: join(root, "frontend") }),
  "dead code": () => run("knip", []),
  measures: measures,
};
// The storefront's types are made, and the linter wants them too.
if (run("nuxt", ["prepare"], { cwd: join(root, "frontend"), stdio: ["inherit", "ignore", "inherit"] })) process.exit(1);
const only = process.argv.slice(2);
const failed = Object.entries(checks)
  .filter(([name]) => !only.length || only.includes(name))
  .filter(([name, check]) => (say(name), check() !== 0))
  .map(([name]) => name);
say(failed.length ? `failed: ${failed.join(", ")}` : "all clean");
process.exit(failed.length ? 1 : 0);
