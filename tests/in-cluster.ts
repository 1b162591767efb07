import { afterAll, beforeAll, describe } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import type { Fault } from "../services/audit/audit.contract.ts";
import type { OrderDoc } from "../services/orders/orders.contract.ts";
import { testBroker } from "./broker.ts";
import { TestCluster, type TestClusterOptions } from "./cluster.ts";
import { KEYS } from "./provider.ts";
import { skipped } from "./servers.ts";

/** How long the processes of a cluster may take to start where many tests run at a time, ms. */
const START_WITHIN = 180_000;

/** A block of tests in one cluster, started with KEYS; skipped, and said so, where its servers cannot be had. */
export function inCluster(name: string, options: TestClusterOptions, body: (shop: () => TestCluster) => void): void {
  const missing = TestCluster.missing();
  if (missing) skipped(name, missing);
  (missing ? describe.skip : describe)(name, () => {
    let shop: TestCluster | undefined;
    beforeAll(async () => {
      shop = await TestCluster.start({ ...options, env: { ...KEYS, ...options.env } });
    }, START_WITHIN);
    body(() => shop!);
    afterAll(() => shop?.stop(), 60_000);
  });
}

/** Runs `work` on a node without services, as operators have it. */
async function operate<T>(shop: TestCluster, work: (broker: ServiceBroker) => Promise<T>): Promise<T> {
  const { broker, stop } = testBroker({ env: { NATS_URL: shop.nats.url, NAMESPACE: "" } });
  await broker.start();
  try {
    await broker.waitForServices(["audit", "orders"], 20_000);
    return await work(broker);
  } finally {
    await stop();
  }
}

/** Holds the books of all services against each other. */
export const audit = (shop: TestCluster): Promise<{ faults: Fault[]; counted: Record<string, number> }> =>
  operate(shop, (broker) => broker.call("audit.run", {}, { timeout: 60_000 }));

/** Every order there is. */
export const ordersOf = (shop: TestCluster): Promise<OrderDoc[]> =>
  operate(shop, async (broker) => {
    const orders: OrderDoc[] = [];
    for (let after: string | null = ""; after !== null;) {
      const page: { rows: OrderDoc[]; next: string | null } = await broker.call(
        "orders.changes",
        { after },
        { timeout: 20_000 },
      );
      orders.push(...page.rows);
      after = page.next;
    }
    return orders;
  });
