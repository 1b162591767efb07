import { slotsOf } from "../../services/inventory/inventory.contract.ts";
import type { OrderDoc } from "../../services/orders/order.machine.ts";
import type { Scenario } from "./scenario.ts";
import { isOver, type World } from "./world.ts";

type Check = (world: World, scenario: Scenario) => string | false | null | undefined;

const paymentOf = ({ payments }: World, { _id }: OrderDoc) => payments.find((one) => one._id === _id);
const captured = ({ provider }: World, order: string) =>
  provider.intents.filter(({ status, metadata }) => status === "succeeded" && metadata["order"] === order);
const repaid = ({ provider }: World, intent: string) =>
  provider.refunds.filter((one) => one.intent === intent && one.status !== "failed");
const slots = ({ _id, lines }: OrderDoc) =>
  lines.flatMap((line) => slotsOf(_id, line).map((slot) => ({ slot, line, stocked: line.kind !== "unlimited" })));
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
    twice(units, ({ slot }) => slot) ??
    each(
      units,
      ({ _id, state, slot, order }) =>
        (state === "free"
          ? slot !== undefined || order !== undefined
          : state !== "retired" && !slot?.startsWith(`${order}:`)) && _id,
    ),
  "P1 no copy is lost or made up": ({ units }, { stock }) =>
    each(
      Object.entries(stock),
      ([item, copies]) => units.filter((unit) => unit.item === item).length !== copies && item,
    ),
  "P1 nobody owns another's copy": ({ entitlements }) =>
    twice(entitlements, ({ state, item, serial }) =>
      state === "active" && serial !== null ? `${item}:${serial}` : null,
    ),
  "P1 what is reserved or paid is held": (world) =>
    each(world.orders, (order) => {
      const owns = order.state === "reserved" || sold(order);
      return (
        owns &&
        slots(order).find(
          ({ slot, stocked }) =>
            stocked &&
            !world.units.some(
              (unit) =>
                unit.slot === slot && (unit.state === "sold" || (unit.state === "held" && order.state !== "fulfilled")),
            ),
        )?.slot
      );
    }),
  "P1 a limit is kept": ({ uses, orders }) => {
    const lines = orders.flatMap((order) => (order.state === "reserved" || sold(order) ? slots(order) : []));
    return lines.find(({ slot, line }) => line.perBuyer !== null && !uses.some((use) => use.slot === slot))?.slot;
  },
  "P1 nobody is refused while there is a copy for everybody": ({ orders }, { plenty }) =>
    plenty && orders.find(({ state }) => state === "rejected")?._id,
  "P2 who is fulfilled has paid and has the goods": (world) =>
    each(world.orders, (order) => {
      if (order.state !== "fulfilled") return false;
      const [intent] = captured(world, order._id);
      if (intent?.amount !== order.total || repaid(world, intent.id).length) return order._id;
      const missing = slots(order).find(({ slot, line, stocked }) => {
        const owned = world.entitlements.find(({ _id, state }) => _id === slot && state === "active");
        const unit = world.units.find((one) => one.slot === slot);
        return (
          !owned ||
          (stocked &&
            (unit?.serial !== owned.serial ||
              !order.lines.find(({ id }) => id === line.id)!.serials.includes(owned.serial!)))
        );
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
    !acts.includes("leak") &&
    world.orders.find((order) => isOver(order) && order.state !== "refunded" && captured(world, order._id).length)?._id,
  "P3 money goes back only when somebody asked": (world, { acts }) =>
    !acts.includes("leak") &&
    each(
      world.provider.refunds,
      ({ intent }) =>
        world.orders.every((order) => !order.refund || paymentOf(world, order)?.intent !== intent) && intent,
    ),
  "P3 no paid copy is lost": ({ orders }) => orders.find(({ refund }) => refund?.reason === "The copy was lost")?._id,
  "P4 one capture an order": (world, { acts }) =>
    !acts.includes("leak") && world.orders.find(({ _id }) => captured(world, _id).length > 1)?._id,
  "P4 one refund a capture": (world) => world.provider.intents.find(({ id }) => repaid(world, id).length > 1)?.id,
  "R4 only the recorded intent can be paid": ({ buyers, payments, provider }) =>
    buyers.find(
      (id) =>
        !payments.some(({ intent }) => intent === id) &&
        provider.intents.find((one) => one.id === id)!.status !== "canceled",
    ),
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
  for (const cell of ["orders", "payments", "reservations", "units", "entitlements"] as const) {
    if (before[cell] === after[cell]) continue;
    const now = new Map(after[cell].map((one) => [one._id, one as object]));
    for (const one of before[cell])
      if (isOver(one) && now.get(one._id) !== one) return `P7 what is over stays as it is: ${one._id}`;
  }
  for (const unit of before.units) {
    const next = after.units.find(({ _id }) => _id === unit._id)!;
    if (unit.state === "sold" && next.state !== "retired" && next !== unit)
      return `P1 a sold copy is not sold again: ${unit._id}`;
    if (unit.state === "held" && next.slot !== undefined && next.slot !== unit.slot)
      return `P1 a held copy is not held again: ${unit._id}`;
  }
  for (const { _id, intent } of before.payments) {
    const next = after.payments.find((one) => one._id === _id)!;
    const isDead = after.provider.intents.some(({ id, status }) => id === intent && status === "canceled");
    if (intent !== null && next.intent !== intent && !isDead) return `P4 a recorded intent stays: ${_id}`;
  }
  return null;
}

/** What is not at rest, or rests where it should not: null is a good end. */
export function unfinished(world: World): string | null {
  const { orders, payments, reservations, units, uses, entitlements, provider } = world;
  const orderOf = (slot: string) => orders.find(({ _id }) => slot.startsWith(`${_id}:`))!;
  const keeps = (order: OrderDoc) => order.state === "fulfilled" || refusedRefund(order);
  // A use without an owner is freed when its room is needed.
  const hasOwner = (slot: string) =>
    reservations.some(({ _id, state }) => slot.startsWith(`${_id}:`) && (state === "open" || state === "held"));
  return (
    each(orders, (order) => !isOver(order) && !keeps(order) && `order ${order._id} is ${order.state}`) ??
    each(
      units,
      ({ _id, state, slot }) =>
        (state === "held" || state === "sold") && !keeps(orderOf(slot!)) && `${_id} is ${state}`,
    ) ??
    each(uses, ({ _id, slot }) => hasOwner(slot) && !keeps(orderOf(slot)) && `the use ${_id} is kept`) ??
    each(
      entitlements,
      ({ _id, state }) => state === "active" && orderOf(_id).state !== "fulfilled" && `${_id} is owned`,
    ) ??
    each(
      payments,
      ({ _id, state, refund }) =>
        (state === "closing" || (state === "refunding" && refund?.status !== "failed")) &&
        `the payment ${_id} is ${state}`,
    ) ??
    each(provider.intents, ({ id, status, metadata }) => {
      const order = orders.find(({ _id }) => _id === metadata["order"])!;
      const own = paymentOf(world, order)?.intent === id;
      return (
        status === "succeeded" &&
        !(own && keeps(order)) &&
        !provider.refunds.some(({ intent }) => intent === id) &&
        `${id} is charged for nothing`
      );
    }) ??
    null
  );
}

const refusedRefund = ({ state, refund }: OrderDoc) => state === "refunding" && refund?.status === "failed";
