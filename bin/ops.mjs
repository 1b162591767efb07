// npm run ops: the operators' REPL on the running cluster; with a command behind `--` just that. Installs what is missing first.
import { join } from "node:path";
import { environment, install, node, root, stay } from "./prepare.mjs";

install();
const env = environment({ NODE_OPTIONS: "--disable-warning=ExperimentalWarning" });
stay([node(), [join(root, "ops", "main.ts"), ...process.argv.slice(2)], env]);
