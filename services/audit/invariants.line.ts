import type { Unit } from "../inventory/inventory.contract.ts";
import type { OrderDoc } from "../orders/orders.contract.ts";
import type { EntryForOperators } from "../waitlist/waitlist.contract.ts";
import type { Fault } from "./audit.contract.ts";

interface Books {
  orders: OrderDoc[];
  units: Unit[];
  entries: EntryForOperators[];
}

const STANDING = ["joining", "waiting", "granting"];

/** What breaks an invariant of the waiting list, and of the copies that are on their way to it. */
export function lineFaults({ orders, units, entries }: Books): Fault[] {
  const faults: Fault[] = [];
  const fault = (rule: string, service: string, id: string, detail: string) =>
    faults.push({ rule, service, id, detail });
  const orderOf = new Map(orders.map((order) => [order._id, order]));
  const awaited = new Set(entries.filter(({ state }) => state === "waiting").map(({ item }) => item));

  for (const { _id, state, item, returning } of units) {
    if ((state === "returning") !== (returning !== undefined))
      fault("a returning unit is found as returning", "inventory", _id, state);
    if (state === "free" && awaited.has(item))
      fault("no copy is free while somebody waits for it", "inventory", _id, item);
  }
  for (const { _id, state, place, order, buyer } of entries) {
    if (STANDING.includes(state) !== (place !== undefined))
      fault("who waits has a place, and nobody else", "waitlist", _id, state);
    if (state !== "granted" && state !== "done" && state !== "lapsed") continue;
    const granted = orderOf.get(order!);
    if (!granted?.granted || granted.buyer !== buyer)
      fault("a grant is an order of who waited", "waitlist", _id, granted?.state ?? "no order");
  }
  return faults;
}
