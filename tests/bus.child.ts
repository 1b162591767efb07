/** A process that publishes and handles facts until it is killed; it notes in the file EFFECTS what is done. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../core/broker.ts";
import { readConfig } from "../core/config.ts";
import type { Envelope } from "../core/facts.ts";
import { systemRuntime } from "../core/runtime.ts";
import { loadSecrets } from "../core/secrets.ts";
import { fact, listener, type BusService } from "./bus.ts";

const { EFFECTS, ROUND, STUCK } = process.env;
const note = (who: string, id: string) => appendFileSync(EFFECTS!, `${who} ${id}\n`);

const group = (name: string) =>
  listener(name, {
    "order.paid": {
      async handler({ id }: Envelope) {
        if (id === STUCK) await new Promise(() => {});
        await sleep(Math.random() * 10);
        note(name, id);
      },
    },
  });

const config = readConfig(process.env);
const broker = new ServiceBroker({
  ...brokerOptions({ config, runtime: systemRuntime(), secrets: loadSecrets(config) }),
  nodeID: `child-${process.pid}`,
});
for (const name of ["mail", "ledger"]) broker.createService(group(name));
await broker.start();
const { bus } = broker.getLocalService("mail") as BusService;
for (let n = 0; ; n += 10) {
  const facts = Array.from({ length: 10 }, (_, i) => fact(`${ROUND}-${(n + i) % 500}`, n + i));
  await bus.publish(facts);
  for (const { id } of facts) note("published", id);
}
