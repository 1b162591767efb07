// npm run cluster: every service as its own process, on NATS, Redis and MongoDB. Installs and builds what is missing first.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build, environment, install, node, root } from "./prepare.mjs";

install();
build();
// By the channel it notices when this process is killed.
const child = spawn(node(), [join(root, "cluster", "main.ts")], {
  cwd: root,
  env: environment({ NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --disable-warning=ExperimentalWarning`.trim() }),
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => (process.exitCode = code ?? 1));
