import { expect, test } from "@jest/globals";
import { Crowd } from "./crowd.ts";
import { audit, inCluster } from "./in-cluster.ts";

const BUYERS = 20;

inCluster("a cluster that is restarted one process after the other", {}, (shop) => {
  test("under load no purchase fails: whoever is sent away is let in again, and nobody is left without an answer", async () => {
    const crowd = await new Crowd(shop().urls, { buyers: BUYERS }).open();
    crowd.start();
    try {
      for (const worker of shop().cluster.workers) await worker.restart();
    } finally {
      await crowd.stop();
    }
    const { failed, fulfilled, replies } = await crowd.repeat();
    expect(failed).toEqual([]);
    expect(fulfilled).toBeGreaterThan(BUYERS);
    // Nobody listens where a gateway is just restarted: a load balancer would know.
    expect(Object.keys(replies).filter((heard) => !["200", "201", "402", "503", "refused"].includes(heard))).toEqual(
      [],
    );
    expect((await audit(shop())).faults).toEqual([]);
  }, 600_000);
});
