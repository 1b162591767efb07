// npm run bench: the measured claims, as one table. Arguments name single benchmarks.
import { join } from "node:path";
import { build, environment, install, node, root, run } from "./prepare.mjs";

install();
build();
const env = environment({ HOLDFAST_PREPARED: "yes", NODE_OPTIONS: "--disable-warning=ExperimentalWarning" });
process.exit(run(node(), [join(root, "bench", "main.ts"), ...process.argv.slice(2)], { env }));
