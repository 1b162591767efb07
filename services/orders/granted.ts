import type { Caller, Injected } from "../../core/contract.ts";
import { fail, typeOf } from "../../core/errors.ts";
import { within } from "../../core/runtime.ts";
import type { Cluster } from "../define.ts";
import type { Person } from "../schemas.ts";
import { judged, newOrder, type Draft, type NewOrder } from "./checkout.ts";
import type { OrderDoc } from "./order.ts";
import { drive, type Saga } from "./saga.ts";
import type { GrantedOrder, Waiter } from "./waiter.ts";

/** How long the waiting list waits for the verdict, ms; after that it asks again. */
const VERDICT_WITHIN = 5000;

/**
 * Makes the order, or finds it: drivers of the same grant make one. From then on it is an order like any other. Throws
 * TRY_AGAIN while it is not decided.
 */
export async function grant(saga: Saga, id: string, make: () => Promise<NewOrder>): Promise<GrantedOrder> {
  for (;;) {
    const order = await saga.orders.get(id);
    if (!order) await saga.orders.insert(await make());
    else return verdict(order.state === "reserving" ? await drive(saga, id, order) : order);
  }
}

function verdict(order: OrderDoc | null): GrantedOrder {
  if (!order || order.state === "reserving" || order.state === "closing") throw fail("TRY_AGAIN");
  return { state: order.state, refusal: order.refusal?.type ?? null, expiresAt: order.expiresAt };
}

interface Host extends Pick<Injected, "runtime" | "config"> {
  broker: Caller<Cluster>;
  saga: Saga;
}

/** One copy for somebody who waited, at the price of now. */
export async function grantTo(host: Host, { id, item, ...waiter }: Waiter): Promise<GrantedOrder> {
  const { broker, saga, runtime, config } = host;
  const make = async () => {
    const drafted = await draft(broker, item, waiter.user);
    return newOrder({ _id: id, ...waiter, granted: true }, drafted, runtime.now(), config.HOLD_SECONDS);
  };
  const granted = await within(runtime, VERDICT_WITHIN, grant(saga, id, make));
  if (!granted) throw fail("TRY_AGAIN");
  return granted;
}

/** What the catalogue does not allow is rejected in writing: whoever comes late with the same grant finds that. */
async function draft(caller: Caller<Cluster>, itemId: string, user: Person | null): Promise<Draft> {
  try {
    return await judged(caller, { lines: [{ itemId, quantity: 1 }] }, user);
  } catch (error) {
    const type = typeOf(error);
    if (type !== "NOT_FOUND" && type !== "OWN_ITEM") throw error;
    return { lines: [], seller: { id: "", name: "" }, total: 0, refusal: { type, data: { itemId } } };
  }
}
