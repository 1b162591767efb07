import type { Change, Store } from "../../core/store.ts";
import { slotsOf, type SoldUnit, type Verdict } from "../inventory/inventory.contract.ts";
import type { Grant } from "../delivery/delivery.contract.ts";
import {
  close,
  closed,
  confirmed,
  DELIVER_WITHIN,
  fulfilled,
  held,
  paid,
  pendingRefund,
  refunded,
  refundFailed,
  refunding,
  refused,
} from "./order.machine.ts";
import type { Line, OrderDoc } from "./order.ts";

/** The commands of the neighbours. Each changes nothing when repeated; each may fail, its effect then unknown. */
export interface Neighbours {
  reserve(order: OrderDoc): Promise<Verdict>;
  release(order: string): Promise<void>;
  sell(order: string): Promise<{ state: "sold" | "lost"; units: SoldUnit[] }>;
  retire(order: string): Promise<void>;
  closePayment(order: string): Promise<"closed" | "paid" | "later">;
  refundPayment(order: string): Promise<"succeeded" | "pending" | "failed" | "none">;
  grant(order: OrderDoc, grants: Grant[]): Promise<string[]>;
  revoke(order: OrderDoc, grants: Grant[]): Promise<void>;
}

export interface Saga extends Neighbours {
  orders: Store<OrderDoc>;
  now(): number;
  refundId(): string;
}

type Step = Change<OrderDoc> | null;

/**
 * Carries an order on until it rests, waits for somebody, or a neighbour fails. Any number of drivers may run
 * for one order, at once and again: commands are keyed by the order, and each change is one guarded write. Whoever has
 * just written the order passes it on as `known`.
 */
export async function drive(saga: Saga, id: string, known?: OrderDoc | null): Promise<OrderDoc | null> {
  for (let first = known; ; first = undefined) {
    const order = first ?? (await saga.orders.get(id));
    if (!order) return null;
    const change = await step(saga, order);
    if (!change) return order;
    await saga.orders.write(order, change);
  }
}

async function step(saga: Saga, order: OrderDoc): Promise<Step> {
  switch (order.state) {
    case "reserving":
      return reserve(saga, order);
    case "reserved":
      return order.total === 0 ? confirmed(order, saga.now()) : close(order, "expired", saga.now());
    case "closing":
      return finishClosing(saga, order);
    case "paid":
      return deliver(saga, order);
    case "refunding":
      return refund(saga, order);
    default:
      return null;
  }
}

async function reserve(saga: Saga, order: OrderDoc): Promise<Step> {
  const verdict = await saga.reserve(order);
  if (verdict.state === "held") return held(order, saga.now());
  // Nobody releases an order that is still being reserved; should it happen, the copies are gone.
  const gone = {
    type: "SOLD_OUT",
    data: { itemId: order.lines[0]!.itemId, available: 0, held: 0, nextAt: null },
  } as const;
  return refused(order, verdict.state === "refused" ? verdict.refusal : gone, saga.now());
}

/** R4: the payment is closed before the stock reopens. */
async function finishClosing(saga: Saga, order: OrderDoc): Promise<Step> {
  const outcome = await saga.closePayment(order._id);
  if (outcome === "later") return null;
  if (outcome === "paid") return paid(order, saga.now());
  await saga.release(order._id);
  return closed(order, saga.now());
}

async function deliver(saga: Saga, order: OrderDoc): Promise<Step> {
  const giveUp = (reason: string) => refunding(order, pendingRefund(saga.refundId(), reason, saga.now()), saga.now());
  try {
    const { state, units } = await saga.sell(order._id);
    if (state === "lost") return giveUp("The copy was lost");
    const grants = grantsOf(order, units);
    const granted = new Set(await saga.grant(order, grants));
    if (!grants.every(({ slot }) => granted.has(slot))) return null;
    return fulfilled(order, serialsOf(order, units), saga.now());
  } catch (error) {
    if (saga.now() - order.paidAt! < DELIVER_WITHIN) throw error;
    return giveUp("The goods could not be delivered");
  }
}

/** The goods are taken back first, so that nobody downloads what they are being repaid for. */
async function refund(saga: Saga, order: OrderDoc): Promise<Step> {
  await saga.revoke(order, grantsOf(order, []));
  const outcome = await saga.refundPayment(order._id);
  if (outcome === "pending") return null;
  if (outcome === "failed") return refundFailed(order, saga.now());
  await saga.retire(order._id);
  return refunded(order, saga.now());
}

/** One grant a copy; for unlimited goods one a line. */
function grantsOf(order: OrderDoc, units: SoldUnit[]): Grant[] {
  const serials = new Map(units.map(({ slot, serial }) => [slot, serial]));
  const grant = (line: Line) =>
    slotsOf(order._id, line).map((slot) => {
      const { itemId, title, kind } = line;
      return { slot, item: itemId, title, kind, seller: order.seller, serial: serials.get(slot) ?? null };
    });
  return order.lines.flatMap(grant);
}

const serialsOf = ({ _id, lines }: OrderDoc, units: SoldUnit[]): Map<string, number[]> =>
  new Map(
    lines.map(({ id }) => [
      id,
      units
        .filter(({ slot, serial }) => serial !== null && slot.startsWith(`${_id}:${id}:`))
        .map(({ serial }) => serial!),
    ]),
  );
