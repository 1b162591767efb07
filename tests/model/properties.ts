import { slotsOf } from "../../services/inventory/inventory.contract.ts";
import type { OrderDoc } from "../../services/orders/order.ts";
import type { Entry } from "../../services/waitlist/entry.machine.ts";
import { isDue } from "./line.ts";
import type { Scenario } from "./scenario.ts";
import { isOver, type World } from "./world.ts";

/** What breaks a property: the id of a document, or nothing. */
type Culprit = string | false | null | undefined;

const paymentOf = ({ payments }: World, { _id }: OrderDoc) => payments.find((one) => one._id === _id);
const captured = ({ provider }: World, order: string) =>
  provider.intents.filter(({ status, metadata }) => status === "succeeded" && metadata["order"] === order);
const repaid = ({ provider }: World, intent: string) =>
  provider.refunds.filter((one) => one.intent === intent && one.status !== "failed");
const slots = ({ _id, lines }: OrderDoc) =>
  lines.flatMap((line) => slotsOf(_id, line).map((slot) => ({ slot, line, stocked: line.kind !== "unlimited" })));
const isOwner = (state: string) => state === "open" || state === "held";
const ahead = ({ place }: Entry, { entries }: World) =>
  entries.filter((one) => isWaiting(one) && one.place! < place!).length;
/** Whoever was answered that they wait. */
const isWaiting = ({ state }: Entry) => state === "waiting" || state === "granting";
const isPaid = ({ state }: OrderDoc) => state === "paid" || state === "fulfilled";
const isLive = (order: OrderDoc) => order.state === "reserved" || isPaid(order);

function each<T>(list: T[], check: (one: T) => Culprit): string | undefined {
  for (const one of list) {
    const found = check(one);
    if (found) return found;
  }
  return undefined;
}

function twice(list: (string | null | undefined)[]): string | null | undefined {
  const seen = new Set<string>();
  return list.find((one) => typeof one === "string" && (seen.has(one) || !seen.add(one)));
}

/** What holds in every state. */
const CHECKS: Record<string, (world: World, scenario: Scenario) => Culprit> = {
  "P1 a place has one copy": ({ units }) => twice(units.map(({ slot }) => slot)),

  "P1 a copy has one place": ({ units }) =>
    each(units, ({ _id, state, slot, order }) => {
      if (state === "free" || state === "returning") return (slot !== undefined || order !== undefined) && _id;
      return state !== "retired" && !slot?.startsWith(`${order}:`) && _id;
    }),

  "P1 no copy is lost or made up": ({ units }, { stock }) =>
    each(
      Object.entries(stock),
      ([item, copies]) => units.filter((unit) => unit.item === item).length !== copies && item,
    ),

  "P1 nobody owns another's copy": ({ entitlements }) =>
    twice(entitlements.map(({ state, item, serial }) => (state === "active" && serial ? `${item}:${serial}` : null))),

  "P1 what is reserved or paid is held": ({ orders, units }) =>
    each(orders.filter(isLive), (order) => {
      const states = order.state === "fulfilled" ? ["sold"] : ["held", "sold"];
      const isHeld = (slot: string) => units.some((unit) => unit.slot === slot && states.includes(unit.state));
      return slots(order).find(({ slot, stocked }) => stocked && !isHeld(slot))?.slot;
    }),

  "P1 a limit is kept": ({ orders }) =>
    each(orders.filter(isLive), ({ buyer, lines }) =>
      each(lines, ({ itemId, perBuyer }) => {
        const own = orders.filter((order) => order.buyer === buyer && isLive(order)).flatMap(slots);
        return perBuyer !== null && own.filter(({ line }) => line.itemId === itemId).length > perBuyer && itemId;
      }),
    ),

  "P1 a code's caps are kept": ({ orders }) =>
    each(orders.filter(isLive), ({ buyer, discount }) => {
      const { cap = null, perBuyer = null } = discount ?? {};
      const users = orders.filter((order) => isLive(order) && order.discount);
      const own = users.filter((order) => order.buyer === buyer);
      return ((cap !== null && users.length > cap) || (perBuyer !== null && own.length > perBuyer)) && discount!.code;
    }),

  "P1 nobody is refused without need": ({ orders }, { plenty, contest }) => {
    const refused = orders.filter(({ state }) => state === "rejected");
    return (plenty || (contest && refused.length === orders.length)) && refused[0]?._id;
  },

  "F1 no copy is on sale while somebody waits for it": ({ units, entries }) => {
    const awaited = new Set(entries.filter(isWaiting).map(({ item }) => item));
    return units.find(({ state, item }) => state === "free" && awaited.has(item))?._id;
  },

  "F2 nobody is granted more than one copy": ({ orders }) =>
    twice(orders.filter((order) => order.granted && isLive(order)).map(({ buyer }) => buyer)),

  "P1 what is over owns nothing": ({ orders, reservations }) =>
    orders.find((order) => isOver(order) && reservations.some(({ _id, state }) => _id === order._id && isOwner(state)))
      ?._id,

  "P2 who is fulfilled has paid and has the goods": (world) =>
    each(world.orders, (order) => {
      if (order.state !== "fulfilled") return false;
      const [intent] = captured(world, order._id);
      if ((intent?.amount ?? 0) !== order.total || (intent && repaid(world, intent.id).length)) return order._id;
      const isOwned = ({ slot, line, stocked }: ReturnType<typeof slots>[number]) => {
        const owned = world.entitlements.find(({ _id, state }) => _id === slot && state === "active");
        const unit = world.units.find((one) => one.slot === slot);
        return owned && (!stocked || (owned.serial === unit?.serial && line.serials.includes(owned.serial!)));
      };
      return slots(order).find((one) => !isOwned(one))?.slot;
    }),

  "P2 a payment is what the provider says": (world) =>
    each(world.payments, ({ _id, state, intent }) => {
      const isCharged = world.provider.intents.some(({ id, status }) => id === intent && status === "succeeded");
      if (["succeeded", "refunding", "refunded"].includes(state) && !isCharged) return _id;
      return state === "refunded" && repaid(world, intent!).length !== 1 && _id;
    }),

  "P2 who is refunded has the money back": (world) =>
    world.orders.find(
      (order) => order.state === "refunded" && order.total > 0 && paymentOf(world, order)?.state !== "refunded",
    )?._id,

  "P4 nobody pays for nothing": (world) =>
    world.orders.find(
      (order) => order.total === 0 && (paymentOf(world, order)?.intent || captured(world, order._id)[0]),
    )?._id,

  "P3 what is over was never charged": (world, { acts }) => {
    const over = world.orders.filter((order) => isOver(order) && order.state !== "refunded");
    return !acts.includes("leak") && over.find(({ _id }) => captured(world, _id).length)?._id;
  },

  "P3 money goes back only when somebody asked": (world, { acts }) => {
    const asked = world.orders.filter(({ refund }) => refund).map((order) => paymentOf(world, order)?.intent);
    return !acts.includes("leak") && world.provider.refunds.find(({ intent }) => !asked.includes(intent))?.intent;
  },

  "P3 no paid copy is lost": ({ orders }) => orders.find(({ refund }) => refund?.reason === "The copy was lost")?._id,

  "P4 one capture an order": (world, { acts }) =>
    !acts.includes("leak") && world.orders.find(({ _id }) => captured(world, _id).length > 1)?._id,

  "P4 one refund a capture": (world) => world.provider.intents.find(({ id }) => repaid(world, id).length > 1)?.id,

  "R4 only the recorded intent can be paid": ({ buyers, payments, provider: { intents } }) => {
    const isDead = (secret: string) => intents.some(({ id, status }) => id === secret && status === "canceled");
    return buyers.find((secret) => !payments.some(({ intent }) => intent === secret) && !isDead(secret));
  },
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
  for (const unit of before.units) {
    const next = after.units.find(({ _id }) => _id === unit._id)!;
    const owner = after.orders.find(({ _id }) => _id === next.order);
    if (unit.state === "returning" && next.state === "held" && !owner?.granted)
      return `F3 a copy that comes back is nobody's who passes by: ${unit._id}`;
  }
  for (const entry of before.entries) {
    const next = after.entries.find(({ _id }) => _id === entry._id)!;
    const isFirst = (one: Entry) => one._id === entry._id || !isWaiting(one) || one.place! > entry.place!;
    if (entry.state === "waiting" && next.state === "granting" && !before.entries.every(isFirst))
      return `F4 the head of the line is served first: ${entry._id}`;
    if (isWaiting(entry) && isWaiting(next) && ahead(next, after) > ahead(entry, before))
      return `F5 nobody comes in before who waits already: ${entry._id}`;
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
  const { orders, payments, reservations, units, uses, entitlements, entries, provider } = world;
  const orderOf = (slot: string) => orders.find(({ _id }) => slot.startsWith(`${_id}:`))!;
  const keeps = (order: OrderDoc) => order.state === "fulfilled" || refusedRefund(order);
  // A use without an owner is freed when its room is needed.
  const hasOwner = (slot: string) =>
    reservations.some(({ _id, state }) => slot.startsWith(`${_id}:`) && isOwner(state));
  return (
    each(orders, (order) => !isOver(order) && !keeps(order) && `order ${order._id} is ${order.state}`) ??
    each(
      units,
      ({ _id, state, slot }) =>
        (state === "returning" || ((state === "held" || state === "sold") && !keeps(orderOf(slot!)))) &&
        `${_id} is ${state}`,
    ) ??
    each(entries, (entry) => isDue(entry) && `${entry._id} is ${entry.state}`) ??
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
