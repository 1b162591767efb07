import type { Versioned } from "../../core/store.ts";
import type { BusHandle } from "../../mixins/bus/bus.ts";
import { isDuplicate, type Collection, type Doc, type Update } from "../../mixins/db/collection.ts";
import { OutboxStore } from "../../mixins/outbox.ts";
import { grant, revoke, type Entitlement } from "../../services/delivery/entitlement.ts";
import {
  reclaim,
  release,
  reserve,
  retireOrder,
  sellOrder,
  type Reservation,
  type StockRoom,
} from "../../services/inventory/reservation.ts";
import { passOn, recall } from "../../services/inventory/returning.ts";
import type { Unit } from "../../services/inventory/unit.machine.ts";
import { neighbours } from "../../services/orders/neighbours.ts";
import { orderDue } from "../../services/orders/order.machine.ts";
import type { OrderDoc } from "../../services/orders/order.ts";
import type { Neighbours, Saga } from "../../services/orders/saga.ts";
import { close, open, refund, settle, type Till } from "../../services/payments/flow.ts";
import { entryDue, type Entry } from "../../services/waitlist/entry.machine.ts";
import { paymentDue, type Payment } from "../../services/payments/payment.machine.ts";
import { lineCommands } from "./line.ts";
import { SHOP } from "./provider.ts";
import type { Call } from "./replay.ts";

/** The shop as one process sees it: the shipped flows, over ports that the model answers. */
export interface Shop {
  orders: OutboxStore<OrderDoc>;
  saga: Saga;
  /** A command of another service: run by this very process, or asked for as one operation. */
  command<T>(action: string, params: object): Promise<T>;
}

/** Which services' commands a process runs itself, each write a step of its own. */
export type Fine = (action: string) => boolean;

export function shop(call: Call, fine: Fine, alter: (saga: Neighbours) => Neighbours = (saga) => saga): Shop {
  const commands: Record<string, (params: never) => Promise<unknown>> = {
    "inventory.reserve": (params: Parameters<typeof reserve>[1]) => reserve(room, params),
    "inventory.release": ({ order }: ForOrder) => release(room, order),
    "inventory.sell": ({ order }: ForOrder) => sellOrder(room, order),
    "inventory.retire": ({ order }: ForOrder) => retireOrder(room, order),
    "inventory.reclaim": async ({ unit: _id }: { unit: string }) => {
      const unit = await units.findOne({ _id });
      if (unit?.state === "held") await reclaim(room, unit);
    },
    "inventory.passOn": ({ item }: { item: string }) => passOn(room, item),
    "inventory.recall": async ({ item, caller }: { item: string; caller: string }) => ({
      available: await recall(room, item, caller),
    }),
    "payments.open": ({ order, ...params }: ForOrder & { amount: number; currency: string }) =>
      open(till, order, params),
    "payments.close": async ({ order }: ForOrder) => ({ outcome: await close(till, order) }),
    "payments.refund": async ({ order }: ForOrder) => ({ outcome: await refund(till, order) }),
    "payments.settle": ({ intent }: { intent: string }) => settle(till, intent),
    "delivery.grant": async ({ order, user, grants }: ForGrants) => ({
      granted: await grant(entitlements, order, user, grants, 0),
    }),
    "delivery.revoke": ({ order, user, grants }: ForGrants) => revoke(entitlements, order, user, grants, 0),
  };
  const command = <T>(action: string, params: object): Promise<T> =>
    fine(action) ? (commands[action]!(params as never) as Promise<T>) : call("command", action, params);

  const units = collection<Unit>(call, "units");
  const uses = collection<{ _id: string; slot: string }>(call, "uses");
  const entitlements = collection<Entitlement>(call, "entitlements");
  const orders = store<OrderDoc>(call, "orders", orderDue);
  const room: StockRoom = {
    reservations: store<Reservation>(call, "reservations", () => null),
    units,
    uses: {
      look: (query) => call("uses.look", query),
      insert: (use) => uses.insert(use),
      remove: (query) => uses.remove(query),
    },
    isDuplicate,
    hints: { take: (item) => call("units.hint", item), put: () => undefined },
    soldOut: async (itemId) => ({ type: "SOLD_OUT", data: { itemId, available: 0, held: 0, nextAt: null } }),
    // Whoever passes copies on may start at any time after this.
    returned: () => undefined,
    serve: async (item) => (await command<{ waits: boolean }>("waitlist.serve", { item })).waits,
    now: () => 0,
  };
  const till: Till = {
    payments: store<Payment>(call, "payments", paymentDue),
    provider: {
      create: (params) => call("provider.create", params),
      retrieve: (intent) => call("provider.retrieve", intent),
      cancel: (intent) => call("provider.cancel", intent),
      refund: ({ _id, intent, attempt, refund: known }) =>
        call("provider.refund", { _id, intent, attempt, refund: known }),
    },
    shop: SHOP,
    now: () => 0,
    alert: () => undefined,
    failed: () => undefined,
  };
  const runtime = { crashPoint: () => undefined };
  const saga: Saga = {
    ...alter(neighbours({ call: command } as never, runtime as never)),
    orders,
    now: () => call.now(),
    refundId: () => "refund",
  };
  const entries = collection<Entry>(call, "entries");
  const find: typeof entries.find = (query, options) => entries.find(query, options);
  Object.assign(commands, lineCommands({ entries: store(call, "entries", entryDue), find, saga, command }));
  return { orders, saga, command };
}

interface ForOrder {
  order: string;
}
interface ForGrants extends ForOrder {
  user: string | null;
  grants: Parameters<typeof grant>[3];
}

const collection = <D extends Doc>(call: Call, cell: string): Collection<D> => ({
  get: (id) => call(`${cell}.get`, id),
  findOne: (query) => call(`${cell}.findOne`, query),
  find: (query, options) => call(`${cell}.find`, query, ...(options ? [options] : [])),
  insert: (doc) => call(`${cell}.insert`, unstamped(doc)),
  claim: (query, update) => call(`${cell}.claim`, query, unstamped(update)),
  remove: (query) => call(`${cell}.remove`, query),
  count: unused,
  insertMany: unused,
  tally: unused,
});
const unused = (): never => {
  throw new Error("The model has no such verb");
};

/** The shipped outbox decides what a write is (R3). Its facts go nowhere: whoever acts on them may start at any time. */
const store = <D extends Versioned>(
  call: Call,
  cell: string,
  due: (doc: D, now: number) => number | null,
): OutboxStore<D> => {
  const db = collection<D>(call, cell);
  const bare: Collection<D> = {
    ...db,
    insert: (doc) => db.insert(rested(doc)),
    claim: (query, { $set, $unset }) =>
      db.claim(query, { $set: rested($set ?? {}), $unset: rested($unset ?? {}) } as Update<D>),
  };
  const bus = { publish: () => new Promise(() => undefined) } as unknown as BusHandle;
  const runtime = { now: () => 0 };
  return new OutboxStore({ db: bare, bus, runtime: runtime as never, logger: console }, { entity: cell, due });
};

/** Without the relay's bookkeeping: in the model whatever is due may be swept at any time. */
const rested = <T extends object>(fields: T): T => {
  const { outbox: _, due: __, ...rest } = fields as { outbox?: unknown; due?: unknown };
  return rest as T;
};

/** When something happened decides nothing, and would make one state many. */
const STAMPS: Record<string, unknown> = {
  createdAt: 0,
  closedAt: 0,
  paidAt: 0,
  history: [],
  boughtBy: undefined,
  soldBy: undefined,
  countedFor: undefined,
  countedAs: undefined,
};
const unstamped = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (field, part: unknown) => (field in STAMPS ? STAMPS[field] : part))) as T;
