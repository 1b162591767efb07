import type { Entitlement } from "../delivery/delivery.contract.ts";
import { codeSlots, slotsOf, type Reservation, type Unit, type Use } from "../inventory/inventory.contract.ts";
import type { OrderDoc } from "../orders/orders.contract.ts";
import type { Payment } from "../payments/payments.contract.ts";
import type { EntryForOperators } from "../waitlist/waitlist.contract.ts";
import type { Fault } from "./audit.contract.ts";
import { lineFaults } from "./invariants.line.ts";

/** Every document of the stores that have to agree with each other. */
export interface Books {
  orders: OrderDoc[];
  units: Unit[];
  reservations: Reservation[];
  uses: Use[];
  payments: Payment[];
  entitlements: Entitlement[];
  entries: EntryForOperators[];
}

const LIVE = ["reserving", "reserved", "closing", "paid"];
const OWNING = ["paid", "fulfilled"];

/** What breaks an invariant in these books; empty when they agree. */
export function faultsIn({ orders, units, reservations, uses, payments, entitlements, entries }: Books): Fault[] {
  const faults: Fault[] = lineFaults({ orders, units, entries });
  const fault = (rule: string, service: string, id: string, detail: string) =>
    faults.push({ rule, service, id, detail });
  const orderOf = byId(orders);
  const paymentOf = byId(payments);
  const reservationOf = byId(reservations);
  const entitlementOf = byId(entitlements);
  const unitIn = new Map<string, Unit>();
  const useIn = new Map(uses.map((use) => [use.slot, use]));

  for (const unit of units) {
    const { _id, state, slot, free, held } = unit;
    if ((state === "free") !== (free !== undefined)) fault("a free unit is found as free", "inventory", _id, state);
    if ((state === "held") !== (held !== undefined)) fault("a held unit is found as held", "inventory", _id, state);
    // A retired unit keeps its slot when it was refunded, and has none when it was withdrawn.
    if (state !== "retired" && (state === "held" || state === "sold") !== (slot !== undefined))
      fault("held and sold units have a slot", "inventory", _id, state);
    if (slot === undefined) continue;
    if (unitIn.has(slot)) fault("one slot, one unit", "inventory", _id, slot);
    unitIn.set(slot, unit);
    const order = orderOf.get(unit.order!);
    if (state === "held" && !(order && LIVE.includes(order.state)))
      fault("a held unit belongs to a live order", "inventory", _id, order?.state ?? "no order");
    if (state === "sold" && !(order && [...OWNING, "refunding"].includes(order.state)))
      fault("a sold unit belongs to a paid order", "inventory", _id, order?.state ?? "no order");
  }

  for (const { _id, slot } of uses) {
    const order = orderOf.get(slot.split(":")[0]!);
    if (!order || !reservationOf.has(order._id)) fault("a use belongs to an order", "inventory", _id, slot);
    else if (["expired", "cancelled", "rejected", "refunded"].includes(order.state))
      fault("a closed order has given its uses back", "inventory", _id, order.state);
  }

  for (const order of orders) {
    const { _id, state, lines, total, discount } = order;
    const payment = paymentOf.get(_id);
    const isFree = total === 0;
    if (total !== lines.reduce((sum, { unitPrice, quantity, off = 0 }) => sum + unitPrice * quantity - off, 0))
      fault("a total is the sum of its lines", "orders", _id, String(total));
    if ((discount?.amount ?? 0) !== lines.reduce((sum, { off = 0 }) => sum + off, 0))
      fault("a discount is shared out among its lines", "orders", _id, String(discount?.amount));
    if (discount && [...OWNING, "reserved", "refunding"].includes(state)) checkUse(order, discount);
    if (isFree && payment?.intent) fault("nobody pays for nothing", "payments", _id, payment.state);
    const captured = payment && ["succeeded", "refunding", "refunded"].includes(payment.state);
    if ([...OWNING, "refunding", "refunded"].includes(state) && !captured && !isFree)
      fault("a paid order has its payment", "orders", _id, payment?.state ?? "no payment");
    if (["rejected", "expired", "cancelled"].includes(state) && captured)
      fault("a closed order has no payment", "orders", _id, payment.state);
    if (captured && payment.params!.amount !== total)
      fault("money captured is the order's total", "payments", _id, String(payment.params!.amount));
    if (state === "refunded" && payment?.state !== "refunded" && !isFree)
      fault("a refunded order was repaid", "orders", _id, payment?.state ?? "no payment");
    if (state === "fulfilled") checkGoods(order);
  }

  for (const { _id, state, params, reason } of payments) {
    const order = orderOf.get(_id);
    if (reason === "stray") fault("no payment goes astray", "payments", _id, state);
    else if (!order) fault("a payment belongs to an order", "payments", _id, state);
    else if (state === "succeeded" && !OWNING.includes(order.state))
      fault("who paid gets the goods or the money back", "payments", _id, order.state);
    if (params && !Number.isSafeInteger(params.amount))
      fault("money is whole cents", "payments", _id, String(params.amount));
  }

  for (const { _id, state, order } of entitlements) {
    const owner = orderOf.get(order);
    if (!owner) fault("an entitlement belongs to an order", "delivery", _id, "no order");
    else if (state === "active" && !OWNING.includes(owner.state))
      fault("active goods are paid for", "delivery", _id, owner.state);
  }

  function checkUse({ _id }: OrderDoc, { cap }: NonNullable<OrderDoc["discount"]>): void {
    const use = useIn.get(codeSlots(_id)[0]);
    if (!use) fault("a discounted order uses its code", "orders", _id, "no use");
    else if (cap !== null && Number(use._id.split(":").at(-1)) >= cap)
      fault("a code is used no oftener than its cap", "inventory", use._id, String(cap));
  }

  function checkGoods(order: OrderDoc): void {
    for (const line of order.lines) {
      for (const slot of slotsOf(order._id, line)) {
        if (entitlementOf.get(slot)?.state !== "active")
          fault("a fulfilled order has its entitlements", "orders", order._id, slot);
        if (line.kind === "unlimited") continue;
        const unit = unitIn.get(slot);
        if (unit?.state !== "sold" || unit.item !== line.itemId)
          fault("a paid order owns exactly its units", "orders", order._id, slot);
      }
    }
  }
  return faults;
}

/** What is wrong in two readings, as it is in the second. */
export function inBoth(first: Fault[], second: Fault[]): Fault[] {
  const seen = new Set(first.map(name));
  return second.filter((fault) => seen.has(name(fault)));
}

const name = ({ rule, service, id }: Fault): string => `${service} ${id} ${rule}`;
const byId = <D extends { _id: string }>(docs: D[]): Map<string, D> => new Map(docs.map((doc) => [doc._id, doc]));
