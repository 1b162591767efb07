// npm run cluster: every service as its own process, on NATS, Redis and MongoDB. Installs and builds what is missing first.
import { join } from "node:path";
import { build, environment, install, node, root, stay } from "./prepare.mjs";

install();
build();
const env = environment({ NODE_OPTIONS: "--disable-warning=ExperimentalWarning" });
stay([node(), [join(root, "cluster", "main.ts")], env]);
