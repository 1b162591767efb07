import audit from "../services/audit/audit.service.ts";
import type { Fault } from "../services/audit/audit.contract.ts";
import delivery from "../services/delivery/delivery.service.ts";
import inventory from "../services/inventory/inventory.service.ts";
import reservations from "../services/inventory/reservations.service.ts";
import uses from "../services/inventory/uses.service.ts";
import items from "../services/items/items.service.ts";
import orders from "../services/orders/orders.service.ts";
import inbox from "../services/payments/inbox.service.ts";
import payments from "../services/payments/payments.service.ts";
import waitlist from "../services/waitlist/waitlist.service.ts";
import { testBroker } from "./broker.ts";
import { KEYS } from "./provider.ts";

const services = [audit, delivery, inbox, inventory, items, orders, payments, reservations, uses, waitlist];

/** Holds the books of a shop against each other that was started with KEYS and has ended: what is on its disk. */
export async function auditOf(dir: string): Promise<{ faults: Fault[]; counted: Record<string, number> }> {
  const { broker, stop } = testBroker({ dir, env: KEYS, services });
  await broker.start();
  try {
    return await broker.call("audit.run", {}, { timeout: 30_000 });
  } finally {
    await stop();
  }
}
