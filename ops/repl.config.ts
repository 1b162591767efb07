import options from "../moleculer.config.ts";
import { withCommands } from "./repl.ts";

/** The shop in one process with the operators' commands in its REPL. */
export default withCommands(options);
