import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../../core/broker.ts";
import { readConfig } from "../../core/config.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { loadSecrets } from "../../core/secrets.ts";
import apiService from "./api.service.ts";
const config = readConfig({ PORT: process.env.PORT ?? "0", DATA_DIR: "/tmp/hf-api", LOGLEVEL: "warn", ...process.env });
const broker = new ServiceBroker(brokerOptions({ config, runtime: systemRuntime(), secrets: loadSecrets(config) }));
broker.createService({
  name: "items",
  actions: { list: { handler: () => ({ rows: [], total: 0, page: 1, pageSize: 20 }) } },
} as never);
broker.createService(apiService);
await broker.start();
console.log("up", (broker.getLocalService("api") as any).server.address());
