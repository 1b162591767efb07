import type { Caller } from "../../core/contract.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { Queue, type Job } from "../../mixins/queue/queue.ts";
import { defineService, type Cluster } from "../define.ts";
import { expiration } from "./expiration.contract.ts";

/** The deadline lives in the order; a job is only the wake-up. A lost one is made good by the sweeper of orders. */
export default defineService(expiration)({
  mixins: [
    Bus(),
    Queue<{ expire: { order: string } }>({
      async expire(this: { broker: Caller<Cluster> }, { data }: Job<{ order: string }>) {
        await this.broker.call("orders.drive", { id: data.order });
      },
    }),
  ],
  actions: {
    async queue() {
      return this.queue.counts("expire");
    },
  },
  subscriptions: {
    "order.reserved": {
      mode: "group",
      async handler({ data: { id, expiresAt } }) {
        await this.queue.add("expire", { order: id }, { id, at: expiresAt });
      },
    },
  },
});
