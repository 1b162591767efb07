/** A worker of a queue, until it is killed; it notes in the file EFFECTS what it begins. The first job hangs it. */
import { appendFileSync } from "node:fs";
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../core/broker.ts";
import { readConfig } from "../core/config.ts";
import { systemRuntime } from "../core/runtime.ts";
import { loadSecrets } from "../core/secrets.ts";
import { Queue } from "../mixins/queue/queue.ts";

const config = readConfig(process.env);
const broker = new ServiceBroker({
  ...brokerOptions({ config, runtime: systemRuntime(), secrets: loadSecrets(config) }),
  nodeID: `child-${process.pid}`,
});
const mixin = Queue<{ send: object }>({
  async send({ id }) {
    appendFileSync(process.env["EFFECTS"]!, `${id}\n`);
    await new Promise(() => {});
  },
});
broker.createService({ name: "mailer", mixins: [mixin] });
await broker.start();
