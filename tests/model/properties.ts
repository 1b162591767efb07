import { slotsOf } from "../../services/inventory/inventory.contract.ts";
import { isFinal, type OrderDoc } from "../../services/orders/order.machine.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

type Check = (world: World, scenario: Scenario) => string | false | null | undefined;

const paymentOf = ({ payments }: World, { _id }: OrderDoc) => payments.find((one) => one._id === _id);
const captured = ({ provider }: World, order: string) => provider.intents.filter(({ status, metadata }) => status === "succeeded" && metadata["order"] === order);
const repaid = ({ provider }: World, intent: string) => provider.refunds.filter((one) => one.intent === intent && one.status !== "failed");
const slots = ({ _id, lines }: OrderDoc) => lines.flatMap((line) => slotsOf(_id, line).map((slot) => ({ slot, line, stocked: line.kind !== "unlimited" })));
const sold = ({ state }: OrderDoc) => state === "paid" || state === "fulfilled";
const each = <T>(list: T[], check: (one: T) => string | false | null | undefined) => {
  for (const one of list) {
    const found = check(one);
    if (found) return found;
  }
  return undefined;
};
const twice = <T>(list: T[], key: (one: T) => string | null | undefined) => {
  const seen = new Set<string>();
  return list.map(key).find((one) => typeof one === "string" && (seen.has(one) || !seen.add(one)));
};

/** What holds in every state. */
const CHECKS: Record<string, Check> = {
  "P1 a copy has one place, a place one copy": ({ units }) =>
    twice(units, ({ slot }) => slot) ?? each(units, ({ _id, state, slot, order }) => (state === "free" ? slot !== undefined || order !== undefined : state !== "retired" && !slot?.startsWith(`${order}:`)) && _id),
  "P1 no copy is lost or made up": ({ units }, { stock }) => each(Object.entries(stock), ([item, copies]) => units.filter((unit) => unit.item === item).length !== copies && item),
  "P1 nobody owns another's copy": ({ entitlements }) =>
    twice(entitlements, ({ state, item, serial }) => (state === "active" && serial !== null ? `${item}:${serial}` : null)),
  "P1 what is reserved or paid is held": (world) =>
    each(world.orders, (order) => {
      const owns = order.state === "reserved" || sold(order);
      return owns && slots(order).find(({ slot, stocked }) => stocked && !world.units.some((unit) => unit.slot === slot && (unit.state === "sold" || (unit.state === "held" && order.state !== "fulfilled"))))?.slot;
    }),
  "P1 a limit is kept": ({ uses, orders }) => {
    const lines = orders.flatMap((order) => (order.state === "reserved" || sold(order) ? slots(order) : []));
    return lines.find(({ slot, line }) => line.perBuyer !== null && !uses.some((use) => use.slot === slot))?.slot;
  },
  "P1 nobody is refused while there is a copy for everybody": ({ orders }, { plenty }) => plenty && orders.find(({ state }) => state === "rejected")?._id,
  "P2 who is fulfilled has paid and has the goods": (world) =>
    each(world.orders, (order) => {
      if (order.state !== "fulfilled") return false;
      const [intent] = captured(world, order._id);
      if (intent?.amount !== order.total || repaid(world, intent.id).length) return order._id;
      const missing = slots(order).find(({ slot, line, stocked }) => {
        const owned = world.entitlements.find(({ _id, state }) => _id === slot && state === "active");
        const unit = world.units.find((one) => one.slot === slot);
        return !owned || (stocked && (unit?.serial !== owned.serial || !order.lines.find(({ id }) => id === line.id)!.serials.includes(owned.serial!)));
      });
      return missing?.slot;
    }),
  "P2 a payment is what the provider says": (world) =>
    each(world.payments, ({ _id, state, intent }) => {
      const paid = state === "succeeded" || state === "refunding" || state === "refunded";
      const succeeded = world.provider.intents.some(({ id, status }) => id === intent && status === "succeeded");
      return ((paid && !succeeded) || (state === "refunded" && repaid(world, intent!).length !== 1)) && _id;
    }),
  "P3 what is over was never charged": (world, { acts }) =>
    !acts.includes("leak") && world.orders.find((order) => isFinal(order) && order.state !== "refunded" && captured(world, order._id).length)?._id,
  "P3 money goes back only when somebody asked": (world, { acts }) =>
    !acts.includes("leak") && each(world.provider.refunds, ({ intent }) => world.orders.every((order) => !order.refund || paymentOf(world, order)?.intent !== intent) && intent),
  "P3 no paid copy is lost": ({ orders }) => orders.find(({ refund }) => refund?.reason === "The copy was lost")?._id,
  "P4 one capture an order": (world, { acts }) => !acts.includes("leak") && world.orders.find(({ _id }) => captured(world, _id).length > 1)?._id,
  "P4 one refund a capture": (world) => world.provider.intents.find(({ id }) => repaid(world, id).length > 1)?.id,
  "R4 only the recorded intent can be paid": ({ buyers, payments }) => buyers.find((id) => !payments.some(({ intent }) => intent === id)),
};

export function violation(world: World, scenario: Scenario): string | null {
  for (const [property, check] of Object.entries(CHECKS)) {
    const found = check(world, scenario);
    if (found) return `${property}: ${found}`;
  }
  return null;
}

/** What no change may do, whatever the state. */
export function forbidden(before: World, after: World): string | null {
  const now = <T extends { _id: string }>(list: T[], { _id }: T) => list.find((one) => one._id === _id);
  for (const order of before.orders) if (isFinal(order) && now(after.orders, order)!.state !== order.state) return `P7 an order that is over stays so: ${order._id}`;
  for (const one of before.entitlements) if (one.state === "revoked" && now(after.entitlements, one)!.state !== "revoked") return `P2 what is revoked stays so: ${one._id}`;
  for (const unit of before.units) {
    const next = now(after.units, unit)!;
    if (unit.state === "retired" && next.state !== "retired") return `P1 a retired copy stays so: ${unit._id}`;
    if (unit.state === "sold" && next.state !== "retired" && next.slot !== unit.slot) return `P1 a sold copy is not sold again: ${unit._id}`;
    if (unit.state === "held" && next.slot !== undefined && next.slot !== unit.slot) return `P1 a held copy is not held again: ${unit._id}`;
  }
  for (const payment of before.payments) {
    const next = now(after.payments, payment)!;
    if ((payment.state === "cancelled" || payment.state === "refunded") && next.state !== payment.state) return `P4 a payment that is over stays so: ${payment._id}`;
    if (payment.intent !== null && next.intent !== payment.intent) return `P4 a recorded intent stays: ${payment._id}`;
  }
  return null;
}

/** What is not at rest, or rests where it should not: null is a good end. */
export function unfinished(world: World): string | null {
  const { orders, payments, reservations, units, uses, entitlements, provider } = world;
  const orderOf = (slot: string) => orders.find(({ _id }) => slot.startsWith(`${_id}:`))!;
  const keeps = (order: OrderDoc) => order.state === "fulfilled" || refusedRefund(order);
  // A use without an owner is freed when its room is needed.
  const hasOwner = (slot: string) => reservations.some(({ _id, state }) => slot.startsWith(`${_id}:`) && (state === "open" || state === "held"));
  return (
    each(orders, (order) => !isFinal(order) && !keeps(order) && `order ${order._id} is ${order.state}`) ??
    each(units, ({ _id, state, slot }) => (state === "held" || state === "sold") && !keeps(orderOf(slot!)) && `${_id} is ${state}`) ??
    each(uses, ({ _id, slot }) => hasOwner(slot) && !keeps(orderOf(slot)) && `the use ${_id} is kept`) ??
    each(entitlements, ({ _id, state }) => state === "active" && orderOf(_id).state !== "fulfilled" && `${_id} is owned`) ??
    each(payments, ({ _id, state, refund }) => (state === "closing" || (state === "refunding" && refund?.status !== "failed")) && `the payment ${_id} is ${state}`) ??
    each(provider.intents, ({ id, status, metadata }) => {
      const order = orders.find(({ _id }) => _id === metadata["order"])!;
      const own = paymentOf(world, order)?.intent === id;
      return status === "succeeded" && !(own && keeps(order)) && !provider.refunds.some(({ intent }) => intent === id) && `${id} is charged for nothing`;
    }) ??
    null
  );
}

const refusedRefund = ({ state, refund }: OrderDoc) => state === "refunding" && refund?.status === "failed";
