import type { BrokerOptions } from "moleculer";
import { brokerOptions } from "./core/broker.ts";
import { ConfigError, readConfig } from "./core/config.ts";
import { nodeActions, startAndStop } from "./core/process.ts";
import { systemRuntime } from "./core/runtime.ts";
import { loadSecrets } from "./core/secrets.ts";
import { actionMetrics, probeServer } from "./mixins/health.ts";

/** What moleculer-runner starts a process with: the environment decides everything. */
function options(): BrokerOptions {
  try {
    const config = readConfig(process.env);
    const runtime = systemRuntime({ crashAt: config.CRASH_AT });
    const common = brokerOptions({ config, runtime, secrets: loadSecrets(config) });
    const own = [startAndStop(runtime), probeServer(), actionMetrics()];
    return {
      ...common,
      internalServices: nodeActions(runtime) as never,
      middlewares: [...common.middlewares!, ...own],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

export default options();
