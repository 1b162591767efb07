import { close, declined, orderDue, paid, refunding } from "../../services/orders/order.machine.ts";
import type { OrderDoc } from "../../services/orders/order.ts";
import { drive } from "../../services/orders/saga.ts";
import { paymentDue } from "../../services/payments/payment.machine.ts";
import { isDue } from "./line.ts";
import type { Call, Program } from "./replay.ts";
import type { Act, Control, Scenario, Service } from "./scenario.ts";
import { shop, type Shop } from "./shop.ts";
import { isOver, type World } from "./world.ts";

type Decide = Parameters<Shop["orders"]["change"]>[1];
type Start = { role: number | null; program: Program };

/** Who may act in the world of a scenario, and when: what is not at rest may be swept at any time, a fact told at any time after it. */
export function processes(scenario: Scenario, { call: alter, neighbours, without }: Control) {
  const programs = new Map<string, Program>();
  const finely = (action: string) =>
    scenario.fine.includes(LINE.test(action) ? "waitlist" : (action.split(" ")[0]!.split(".")[0] as Service));
  const may = (act: Act) => scenario.acts.includes(act);

  function program(name: string, body: (shop: Shop, call: Call) => Promise<unknown>, fine = finely): Program {
    let known = programs.get(name);
    if (!known) {
      const run = (call: Call) => {
        const altered = alter ? altering(call, alter, name) : call;
        return body(shop(altered, fine, neighbours), altered);
      };
      // A driver forgets everything when it reads its order again, and a claimer when it looks for another copy.
      const loops = [
        { head: "orders.get" },
        { head: "units.hint", through: "units.claim" },
        { head: "units.find" },
        { head: "entries.get" },
      ];
      programs.set(name, (known = { name, run, loops }));
    }
    return known;
  }

  const asked = (action: string, params: Record<string, string>) =>
    program(`${action} ${Object.values(params).join()}`, ({ command }) => command(action, params));
  const provider = (verb: string, ...args: string[]) =>
    program(`provider.${verb} ${args.join(" ")}`, (_, call) => call(`provider.${verb}`, ...args));
  const decided = (name: string, id: string, decide: Decide) =>
    program(`${name} ${id}`, ({ orders }) => orders.change(id, decide));

  const drives = (id: string) => program(`drive ${id}`, ({ saga }) => drive(saga, id));
  /** Whenever the order was seen reserved, however long ago. */
  const pays = ({ _id, total }: OrderDoc) =>
    program(`pay ${_id}`, async ({ command }, call) => {
      const { id } = await command<{ id: string }>("payments.open", { order: _id, amount: total, currency: "eur" });
      await call("buyers.receive", id);
    });

  const isPlaced = ({ _id }: OrderDoc, { orders }: World) => {
    const after = scenario.orders.find(({ id }) => id === _id)?.after;
    return after === undefined || orders.some((other) => other._id === after && isOver(other));
  };
  /** A hold lapses before it was told only if the shop is down for its whole length: then it is tried again, for ever here. */
  const isUntold = ({ _id, state }: OrderDoc, { entries }: World) =>
    state === "reserved" && entries.some((entry) => entry.order === _id && entry.state === "granting");
  const drivers = (world: World) =>
    world.orders
      .filter((order) => orderDue(order, 0) !== null && isPlaced(order, world) && !isUntold(order, world))
      .map(({ _id }) => drives(_id));

  /** What the sweepers of the other services drive on, and what the provider's list of events tells. */
  const helpers = ({ payments, reservations, units, entries, provider: { intents } }: World): Program[] =>
    [
      ...payments.flatMap((payment) => {
        const { _id, state, intent } = payment;
        if (paymentDue(payment, 0) === null) return [];
        if (state === "closing") return [asked("payments.close", { order: _id })];
        return [
          state === "refunding"
            ? asked("payments.refund", { order: _id })
            : asked("payments.settle", { intent: intent! }),
        ];
      }),
      ...reservations
        .filter(({ state, clear }) => (state === "refused" || state === "released") && !clear)
        .map(({ _id }) => asked("inventory.release", { order: _id })),
      ...units.filter(({ state }) => state === "held").map(({ _id }) => asked("inventory.reclaim", { unit: _id })),
      ...units.filter(({ state }) => state === "returning").map(({ item }) => asked("inventory.passOn", { item })),
      ...entries.filter(isDue).map(({ _id }) => asked("waitlist.drive", { id: _id })),
      ...intents
        .filter(({ status, error }) => status === "succeeded" || error)
        .map(({ id }) => asked("payments.settle", { intent: id })),
    ].filter(({ name }) => !without?.test(name));

  const entryOf = (buyer: string, { entries }: World) => entries.find((entry) => entry.buyer === buyer);
  const hasJoined = (buyer: string | undefined, world: World) =>
    buyer === undefined || !["joining", undefined].includes(entryOf(buyer, world)?.state);
  const helper = 2 * scenario.orders.length;
  /** Granted orders are driven by whoever helps; nobody pays them here. */
  const roleOf = ({ _id }: OrderDoc) => {
    const at = scenario.orders.findIndex(({ id }) => id === _id);
    return at < 0 ? helper : 2 * at;
  };

  /** What the provider brings to an end by itself. */
  const finishes = ({ provider: { intents, refunds } }: World): Program[] => [
    ...intents.filter(({ status }) => status === "processing").map(({ id }) => provider("confirm", id, "succeeded")),
    ...refunds.filter(({ status }) => status === "pending").map(({ id }) => provider("settleRefund", id, "succeeded")),
  ];

  function acts(world: World): Program[] {
    const { intents, refunds } = world.provider;
    const open = intents.filter(({ status }) => status === "requires_payment_method");
    const payable = open.filter(({ id }) => world.buyers.includes(id) || (may("leak") && isStray(id, world)));
    const declinable = [
      ...payable.filter(({ error }) => !error),
      ...intents.filter(({ status }) => status === "processing"),
    ];
    return [
      ...payable.map(({ id }) => provider("confirm", id, "succeeded")),
      ...payable.filter(() => may("delay")).map(({ id }) => provider("confirm", id, "processing")),
      ...declinable.filter(() => may("decline")).map(({ id }) => provider("decline", id)),
      ...open
        .filter(({ metadata }) => may("void") && metadata["attempt"] === "1")
        .map(({ id }) => provider("cancel", id)),
      ...refunds
        .filter(({ status }) => may("decline") && status === "pending")
        .map(({ id }) => provider("settleRefund", id, "failed")),
    ];
  }

  /** What people ask of an order, and what is told about its payment, in whatever state the order is by then. */
  function requests({ _id, paymentError }: OrderDoc, { payments }: World): Program[] {
    const payment = payments.find((one) => one._id === _id);
    const isPaid = payment !== undefined && ["succeeded", "refunding", "refunded"].includes(payment.state);
    const error = paymentError ? undefined : payment?.error;
    const all: [when: boolean, name: string, decide: Decide][] = [
      [isPaid, "paid", (doc) => paid(doc, 0)],
      [error !== undefined, "declined", (doc) => declined(doc, error!, 0)],
      [may("cancel"), "cancel", (doc) => close(doc, "cancelled", 0)],
      [may("refund"), "refund", (doc) => refunding(doc, ASKED, 0)],
    ];
    return all.filter(([when]) => when).map(([, name, decide]) => decided(name, _id, decide));
  }

  return {
    starts(world: World): Start[] {
      const nobody = [...finishes(world), ...acts(world)].map((one) => ({ role: null, program: one }));
      const helping = [...new Set(helpers(world))].map((one) => ({
        role: finely(one.name) ? helper : null,
        program: one,
      }));
      const joining = (scenario.waiters ?? [])
        .filter((buyer, n, all) => !entryOf(buyer, world) && (scenario.rush || hasJoined(all[n - 1], world)))
        .map((buyer) => ({ role: helper + 1, program: asked("waitlist.join", { item: "a", buyer }) }));
      const ofOrders = world.orders.flatMap((order) => [
        ...[...drivers(world).filter((one) => one === drives(order._id)), ...requests(order, world)].map((one) => ({
          role: roleOf(order),
          program: one,
        })),
        ...(may("pay") && order.state !== "reserving" && order.state !== "rejected"
          ? [{ role: roleOf(order) === helper ? helper : roleOf(order) + 1, program: pays(order) }]
          : []),
      ]);
      return [...ofOrders, ...joining, ...helping, ...nobody];
    },
    sweeps: (world: World): Program[] => [
      ...finishes(world),
      ...drivers(world).filter(({ name }) => !without?.test(name)),
      ...helpers(world),
    ],
    /** A command as a process of its own. */
    command: (action: string, params: object): Program =>
      program(
        `${action} ${JSON.stringify(params)}`,
        ({ command }) => command(action, params),
        () => true,
      ),
  };
}

/** Commands that lead through the waiting list: they are fine where it is. */
const LINE = /^(waitlist|orders|inventory\.(passOn|recall))/;

/** What somebody asks for; the reason "asked" tells it from what the saga decides by itself. */
const ASKED = { id: "refund", reason: "asked", status: "pending", createdAt: 0 } as const;

const isStray = (intent: string, { payments, provider }: World): boolean => {
  const order = provider.intents.find(({ id }) => id === intent)!.metadata["order"];
  return payments.some((payment) => payment._id === order && payment.intent !== intent && payment.state !== "open");
};

function altering(call: Call, alter: NonNullable<Control["call"]>, name: string): Call {
  const altered = ((port: string, ...args: never[]) => alter(call, port, args, name)) as Call;
  altered.now = () => call.now();
  return altered;
}
