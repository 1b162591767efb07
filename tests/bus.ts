import type { Service, ServiceSchema } from "moleculer";
import type { Subscription } from "../core/contract.ts";
import type { Envelope } from "../core/facts.ts";
import { Bus, type BusHandle, type BusOptions } from "../mixins/bus/bus.ts";

/** A fact of an entity's version `v`. */
export const fact = (id: string, v = 1, type = "order.paid", n = 0): Envelope => ({
  id: `order:${id}:${v}:${n}`,
  type,
  schema: 1,
  at: 1_700_000_000_000 + v,
  v,
  data: { id },
});

export type Subscriptions = Record<
  string,
  Partial<Subscription<never>> & { handler: (fact: Envelope) => Promise<void> }
>;
export type BusService = Service & { bus: BusHandle };

/** Short pauses, so that tests need not wait. */
const QUICK: BusOptions = { backoff: [10, 20], ackWait: 1500 };

export function listener(name: string, subscriptions: Subscriptions = {}, options: BusOptions = {}): ServiceSchema {
  const withMode = Object.entries(subscriptions).map(([type, how]) => [type, { mode: "group", ...how }]);
  return {
    name,
    mixins: [Bus({ ...QUICK, ...options })],
    subscriptions: Object.fromEntries(withMode),
  } as unknown as ServiceSchema;
}

/** Notes the ids of the facts it gets. */
export function noting(type = "order.paid", how: Omit<Partial<Subscription<never>>, "handler"> = {}) {
  const got: string[] = [];
  const handler = async ({ id }: Envelope) => void got.push(id);
  return { got, subscriptions: { [type]: { ...how, handler } } as Subscriptions };
}

export const until = async (condition: () => unknown, ms = 20_000) => {
  for (const end = Date.now() + ms; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > end) throw new Error(`waited in vain: ${condition}`);
};
