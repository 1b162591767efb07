// npm start: the whole shop in one process. Installs and builds what is missing or stale first.
import { join } from "node:path";
import { build, environment, install, node, root, say, stay, stop } from "./prepare.mjs";
import { flags, settings } from "./tuning.mjs";

const known = ["--repl", "--watch"];
const unknown = process.argv.slice(2).filter((flag) => !known.includes(flag));
if (unknown.length) stop(`Unknown option ${unknown.join(" ")}; known: ${known.join(" ")}`);
const watch = process.argv.includes("--watch");
const repl = process.argv.includes("--repl") && process.stdin.isTTY;

install();
const runner = [
  ...flags,
  join(root, "node_modules", "moleculer", "bin", "moleculer-runner.mjs"),
  ...["-c", repl ? "ops/repl.config.ts" : "moleculer.config.ts", "--mask", "**/*.service.ts"],
  ...(repl ? ["--repl"] : []),
  "services",
];

if (watch) {
  // The storefront's own server answers on PORT, hot, and passes the API on to the gateway one port above.
  const port = Number(process.env.PORT || 3000);
  const api = `http://127.0.0.1:${port + 1}`;
  const env = environment({
    ...settings,
    NUXT_API_ORIGIN: api,
    PUBLIC_URL: process.env.PUBLIC_URL || `http://localhost:${port}`,
  });
  const watched = ["services", "mixins", "core"].map((folder) => `--watch-path=${folder}`);
  const nuxt = join(root, "node_modules", "nuxt", "bin", "nuxt.mjs");
  say(`The storefront on http://localhost:${port}, the API on ${api}`);
  stay(
    [node(), [...watched, "--watch-preserve-output", ...runner], { ...env, PORT: String(port + 1) }],
    [node(), [nuxt, "dev", "frontend", "--port", String(port)], env],
  );
} else {
  build();
  stay([node(), runner, environment(settings)]);
}
