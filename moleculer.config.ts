import { brokerOptions } from "./core/broker.ts";
import { ConfigError, readConfig } from "./core/config.ts";
import { systemRuntime } from "./core/runtime.ts";
import { loadSecrets } from "./core/secrets.ts";

/** What moleculer-runner starts a process with: the environment decides everything. */
function options() {
  try {
    const config = readConfig(process.env);
    const runtime = systemRuntime({ crashAt: config.CRASH_AT });
    return brokerOptions({ config, runtime, secrets: loadSecrets(config) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

export default options();
