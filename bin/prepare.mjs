// Runs before anything is installed, so it uses only what Node 20 has.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MINIMUM = [22, 19];
const windows = process.platform === "win32";

const newEnough = (version) => {
  const [major, minor] = version.replace("v", "").split(".").map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
};

export const say = (line) => process.stderr.write(`\x1b[36m▸\x1b[0m ${line}\n`);
export function stop(line) {
  process.stderr.write(`\x1b[31m✗\x1b[0m ${line}\n`);
  process.exit(1);
}

/** The Node to run everything with: this one, or the one that the install brings along. */
export function node() {
  if (newEnough(process.version)) return process.execPath;
  const brought = join(
    root,
    "node_modules",
    `node-${windows ? "win" : process.platform}-${process.arch}`,
    "bin",
    windows ? "node.exe" : "node",
  );
  if (existsSync(brought)) return brought;
  return stop(
    `Holdfast needs Node ${MINIMUM.join(".")} or newer, and this is ${process.version}. Install it from https://nodejs.org`,
  );
}

/** The environment in which `node` is new enough for every script. */
export const environment = (extra = {}) => ({
  ...process.env,
  PATH: [dirname(node()), join(root, "node_modules", ".bin"), process.env.PATH].join(windows ? ";" : ":"),
  NUXT_TELEMETRY_DISABLED: "1",
  ...extra,
});

/** A command to its end, its output shown; its exit code. */
export function run(command, args, { cwd = root, env = environment(), ...options } = {}) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: "inherit", shell: windows, ...options });
  if (error) stop(`${command}: ${error.message}`);
  return status ?? 1;
}

/** Commands that stay, as `[program, args, env]`. Signals reach them through us, and when one ends all do. */
export function stay(...commands) {
  const children = commands.map(([program, args, env = environment()]) =>
    spawn(program, args, { cwd: root, env, stdio: "inherit", shell: windows }),
  );
  const end = (signal) => children.forEach((child) => child.kill(signal));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(signal));
  for (const child of children) {
    child.on("exit", (code, signal) => {
      process.exitCode ??= code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1);
      end("SIGTERM");
    });
  }
}

const digest = (files) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest("hex");
};
const isMarked = (file, mark) => existsSync(file) && readFileSync(file, "utf8") === mark;

/** What npm says it has installed is what the lockfile names; optional packages are for other systems. */
function installed() {
  const packages = (file) => JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  const hidden = "node_modules/.package-lock.json";
  if (!existsSync(join(root, hidden))) return false;
  const there = packages(hidden);
  return Object.entries(packages("package-lock.json")).every(
    ([path, { version, optional }]) =>
      optional || !path.startsWith("node_modules/") || there[path]?.version === version,
  );
}

/** Installs what the lockfile names, unless that is there. */
export function install() {
  if (installed()) return;
  say("Installing packages (once, a minute or two) …");
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (run(windows ? "npm.cmd" : "npm", args, { env: process.env })) stop("npm ci failed");
}

const SKIPPED = [".nuxt", ".output", "node_modules"];
function sources(folder) {
  return readdirSync(folder)
    .filter((name) => !SKIPPED.includes(name))
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? sources(path) : [path]));
}

/** Builds the storefront, unless it is built from exactly these sources. */
export function build() {
  const built = digest([...sources(join(root, "frontend")), join(root, "package-lock.json")]);
  const output = join(root, "frontend", ".output");
  const mark = join(output, ".holdfast");
  if (isMarked(mark, built)) return;
  say("Building the storefront …");
  if (run(node(), [join(root, "node_modules", "nuxt", "bin", "nuxt.mjs"), "build"], { cwd: join(root, "frontend") }))
    stop("The storefront could not be built");
  mkdirSync(output, { recursive: true });
  writeFileSync(mark, built);
}
