import type { ReservationLine } from "../../services/inventory/inventory.contract.ts";
import { reclaim } from "../../services/inventory/reservation.ts";
import { newUnit } from "../../services/inventory/unit.machine.ts";
import { close, orderDue, paid, refunding, type OrderDoc } from "../../services/orders/order.machine.ts";
import { drive, type Neighbours } from "../../services/orders/saga.ts";
import { paymentDue } from "../../services/payments/payment.machine.ts";
import { BROKEN_OFF, type Model } from "./engine.ts";
import { forbidden, unfinished, violation } from "./properties.ts";
import type { Call, Op, Program } from "./replay.ts";
import { shop, type Shop } from "./shop.ts";
import { DEADLINE, run, settled, type World } from "./world.ts";

type Service = "inventory" | "payments" | "delivery";
type Act = "pay" | "cancel" | "refund" | "decline" | "delay" | "leak" | "fail";

export interface Scenario {
  name: string;
  covers: string;
  orders: { id: string; buyer: string; lines: Pick<ReservationLine, "item" | "quantity" | "perBuyer" | "kind">[] }[];
  /** Copies by item. */
  stock: Record<string, number>;
  /** Services of which every read and write is a step of its own. Of the others every command is one step. */
  fine: Service[];
  /** What people and the provider may do, beyond reserving and letting the deadline pass. */
  acts: Act[];
  /** How many processes may be on their way at once: of each order, of each order's buyer at the till, of all sweepers and webhooks. */
  drivers: number;
  payers: number;
  helpers: number;
  /** There is a copy for everybody, so nobody may be refused. */
  plenty?: boolean;
}

/** A guard taken out: never in shipped code, but between it and the world. */
export interface Control {
  /** What a process asks, altered; `ask` passes it on. */
  call?(ask: Call, port: string, args: never[], program: string): Promise<unknown>;
  neighbours?(saga: Neighbours): Neighbours;
  /** Processes that are never started. */
  without?: RegExp;
}

const serviceOf = (action: string) => action.split(".")[0] as Service;

/** The shipped machines in a world of this size. */
export function model(scenario: Scenario, control: Control = {}): Model<World> {
  const programs = new Map<string, Program>();
  const finely = (action: string) => scenario.fine.includes(serviceOf(action));

  function program(name: string, body: (shop: Shop, call: Call) => Promise<unknown>, fine = finely): Program {
    let known = programs.get(name);
    if (!known) {
      const run = (call: Call) => {
        const altered = control.call ? guardless(call, control.call, name) : call;
        return body(shop(altered, fine, control.neighbours), altered);
      };
      programs.set(name, (known = { name, run, loops: [{ head: "orders.get" }, { head: "units.hint", through: "units.claim" }] }));
    }
    return known;
  }
  const single = (port: string, ...args: unknown[]) => program(`${port} ${args.join(" ")}`, (_, call) => call(port, ...args));
  const asked = (action: string, params: Record<string, string>) =>
    program(`${action} ${Object.values(params).join()}`, ({ command }) => command(action, params));

  const driven = (id: string) => program(`drive ${id}`, ({ saga }) => drive(saga, id));
  const decided = (name: string, id: string, decide: Parameters<Shop["orders"]["change"]>[1]) => program(`${name} ${id}`, ({ orders }) => orders.change(id, decide));
  /** At any time: the order was seen reserved a while ago. */
  const pays = ({ _id, total }: OrderDoc) =>
    program(`pay ${_id}`, async ({ command }, call) => {
      const { id } = await command<{ id: string }>("payments.open", { order: _id, amount: total, currency: "eur" });
      await call("buyers.receive", id);
    });
  const reclaims = (_id: string) =>
    program(`reclaim ${_id}`, async ({ units, room }) => {
      const unit = await units.findOne({ _id });
      if (unit?.due) await reclaim(room, unit);
    });

  /** What the sweepers of all services find to do. */
  function sweeps({ orders, payments, reservations, units }: World): Program[] {
    return [
      ...orders.filter((order) => orderDue(order, 0) !== null).map(({ _id }) => driven(_id)),
      ...payments
        .filter((payment) => paymentDue(payment, 0) !== null)
        .map(({ _id, state, intent }) =>
          state === "closing" ? asked("payments.close", { order: _id })
          : state === "refunding" ? asked("payments.refund", { order: _id })
          : asked("payments.settle", { intent: intent! }),
        ),
      ...reservations.filter(({ state, clear }) => (state === "refused" || state === "released") && !clear).map(({ _id }) => asked("inventory.release", { order: _id })),
      ...units.filter(({ due }) => due).map(({ _id }) => reclaims(_id)),
    ].filter(({ name }) => !control.without?.test(name));
  }

  /** What the provider brings to an end by itself. */
  const finishes = ({ provider: { intents, refunds } }: World): Program[] => [
    ...intents.filter(({ status }) => status === "processing").map(({ id }) => single("provider.confirm", id, "succeeded")),
    ...refunds.filter(({ status }) => status === "pending").map(({ id }) => single("provider.settleRefund", id, "succeeded")),
  ];

  const limited = scenario.orders.some(({ lines }) => lines.some(({ perBuyer }) => perBuyer !== null));
  const may = (act: Act) => scenario.acts.includes(act);

  function acts({ provider: { intents, refunds }, buyers, payments }: World): Program[] {
    const payable = intents.filter(({ id, status, metadata }) => status === "requires_payment_method" && (buyers.includes(id) || (may("leak") && leaked(id, payments.find(({ _id }) => _id === metadata["order"])))));
    const fails = intents.filter(({ status }) => status === "processing");
    return [
      ...payable.map(({ id }) => single("provider.confirm", id, "succeeded")),
      ...(may("delay") ? payable.map(({ id }) => single("provider.confirm", id, "processing")) : []),
      ...(may("decline") ? [...payable.filter(({ error }) => !error), ...fails].map(({ id }) => single("provider.decline", id)) : []),
      ...(may("decline") ? refunds.filter(({ status }) => status === "pending").map(({ id }) => single("provider.settleRefund", id, "failed")) : []),
    ];
  }

  function starts(world: World) {
    const { orders, payments, provider } = world;
    const ofOrders = orders.flatMap((order, n) => {
      const payment = payments.find(({ _id }) => _id === order._id);
      const isPaid = payment && ["succeeded", "refunding", "refunded"].includes(payment.state);
      const drivers = [
        ...(orderDue(order, 0) === null ? [] : [driven(order._id)]),
        ...(isPaid && (order.state === "reserved" || order.state === "closing") ? [decided("paid", order._id, (doc) => paid(doc, 0))] : []),
        ...(may("cancel") && order.state === "reserved" ? [decided("cancel", order._id, (doc) => close(doc, "cancelled", 0))] : []),
        ...(may("refund") && (order.state === "paid" || order.state === "fulfilled") ? [decided("refund", order._id, (doc) => refunding(doc, ASKED, 0))] : []),
      ];
      const payers = may("pay") && order.state !== "reserving" && order.state !== "rejected" ? [pays(order)] : [];
      return [...drivers.map((one) => ({ role: 2 * n, program: one })), ...payers.map((one) => ({ role: 2 * n + 1, program: one }))];
    });
    const hints = provider.intents.filter(({ status, error }) => status === "succeeded" || error).map(({ id }) => asked("payments.settle", { intent: id }));
    const helpers = [...sweeps(world).filter(({ name }) => !name.startsWith("drive")), ...hints];
    return [
      ...ofOrders,
      ...[...new Set(helpers)].map((one) => ({ role: finely(one.name) || one.name.startsWith("reclaim") ? 2 * orders.length : null, program: one })),
      ...[...finishes(world), ...acts(world)].map((one) => ({ role: null, program: one })),
    ].filter(({ program: { name } }) => !control.without?.test(name));
  }

  return {
    initial: initial(scenario),
    roles: [...scenario.orders.flatMap(() => [scenario.drivers, scenario.payers]), scenario.helpers],
    // A secret that is given at once can still be used at any time.
    immediate: ({ port }) => port === "clock.now" || port === "buyers.receive",
    run,
    command: ({ port, args: [action, params] }) =>
      port === "command" ? program(`${action as string} ${JSON.stringify(params)}`, ({ command }) => command(action as string, params as object), () => true) : null,
    settled: (op, world) => settled(op, world) || (!limited && op.port.startsWith("uses.")),
    failures: ({ port }) => (!may("fail") || port.startsWith("provider.") || port.startsWith("buyers.") ? [] : [BROKEN_OFF]),
    starts,
    sweeps: (world) => [...finishes(world), ...sweeps(world)],
    violation: (world) => violation(world, scenario),
    forbidden,
    unfinished,
  };
}

const ASKED = { id: "refund", reason: null, status: "pending", createdAt: 0 } as const;

const leaked = (intent: string, payment: World["payments"][number] | undefined): boolean =>
  payment !== undefined && payment.intent !== intent && payment.state !== "open";

function guardless(call: Call, alter: NonNullable<Control["call"]>, name: string): Call {
  const altered = ((port: string, ...args: never[]) => alter(call, port, args, name)) as Call;
  altered.now = () => call.now();
  return altered;
}

const PRICE = 100;

function initial({ orders, stock, acts }: Scenario): World {
  const seller = { id: "seller", name: "Seller" };
  return {
    orders: orders.map(({ id, buyer, lines }) => ({
      _id: id,
      v: 1,
      state: "reserving",
      buyer,
      user: { id: buyer, name: buyer },
      email: null,
      seller,
      lines: lines.map(({ item, kind, quantity, perBuyer }, n) => ({ id: String(n + 1), itemId: item, title: item, kind, quantity, unitPrice: PRICE, perBuyer, serials: [] })),
      total: lines.reduce((sum, { quantity }) => sum + quantity * PRICE, 0),
      createdAt: 0,
      expiresAt: DEADLINE,
      history: [],
    })),
    payments: [],
    reservations: [],
    units: Object.entries(stock).flatMap(([item, copies]) => Array.from({ length: copies }, (_, n) => newUnit(item, n + 1))),
    uses: [],
    entitlements: [],
    provider: { intents: [], refunds: [], failed: [], failures: acts.includes("fail") ? 1 : 0, slow: acts.includes("delay") },
    buyers: [],
  };
}
