import { fail } from "../../core/errors.ts";
import type { ReservationLine } from "../../services/inventory/inventory.contract.ts";
import { arriving, newUnit } from "../../services/inventory/unit.machine.ts";
import type { FrozenDiscount } from "../../services/orders/order.ts";
import type { Neighbours } from "../../services/orders/saga.ts";
import { BROKEN_OFF } from "./engine.ts";
import type { Model } from "./model.ts";
import { processes } from "./processes.ts";
import { forbidden, unfinished, violation } from "./properties.ts";
import { CLOCK, type Call, type Op } from "./replay.ts";
import { DEADLINE, PRICE, run, settled, type World } from "./world.ts";

export type Service = "inventory" | "payments" | "delivery" | "waitlist";

/**
 * What may happen beyond reserving, crashes and the deadline: people pay, cancel and ask for refunds; cards are
 * declined, payments and refunds delayed; intents are voided at the provider; calls fail; a secret leaks; nothing can be delivered any more.
 */
export type Act = "pay" | "cancel" | "refund" | "decline" | "delay" | "void" | "fail" | "leak" | "down";

/** How large a world is, and who acts in it. */
export interface Scenario {
  name: string;
  orders: {
    id: string;
    buyer: string;
    lines: Pick<ReservationLine, "item" | "quantity" | "perBuyer" | "kind">[];
    /** How many processes may be on their way at once for this order; one after another they are not counted. */
    drivers: number;
    /** A discount code that takes everything off, or nothing, and its caps. */
    code?: Pick<FrozenDiscount, "cap" | "perBuyer"> & { free?: true };
    /** It is placed when this one is over. */
    after?: string;
  }[];
  /** Buyers who join the line of the item "a", whose copies are on their way back at first. */
  waiters?: string[];
  /** They come at once, and not one after the other. */
  rush?: true;
  /** Copies by item. */
  stock: Record<string, number>;
  /** The services whose every read and write is a step of its own; of the others a command is one step. */
  fine: Service[];
  acts: Act[];
  /** How many requests to pay may be on their way at once for each order. */
  payers: number;
  /** How many sweepers and webhooks of all services may be. */
  helpers: number;
  /** There is a copy for everybody, so nobody may be refused. */
  plenty?: boolean;
  /** There is enough for one of them, so they may not all be refused for each other's sake. */
  contest?: boolean;
}

/** A guard taken out: never in shipped code, but between it and the world. */
export interface Control {
  /** What a process asks, altered; `ask` passes it on. */
  call?(ask: Call, port: string, args: never[], program: string): Promise<unknown>;
  neighbours?(saga: Neighbours): Neighbours;
  /** Sweepers and webhooks that do not exist. */
  without?: RegExp;
}

const CELLS: Record<Service, (keyof World)[]> = {
  inventory: ["reservations", "units", "uses"],
  payments: ["payments", "provider"],
  delivery: ["entitlements"],
  waitlist: ["entries"],
};

/** The shipped machines, in the world of a scenario. */
export function model(scenario: Scenario, control: Control = {}): Model<World> {
  const { starts, sweeps, command } = processes(scenario, control);
  const limited = scenario.orders.some(({ code, lines }) => code || lines.some(({ perBuyer }) => perBuyer !== null));
  const fails = scenario.acts.includes("fail");
  const isDown = scenario.acts.includes("down");
  return {
    initial: initial(scenario),
    roles: [
      ...scenario.orders.flatMap(({ drivers }) => [drivers, scenario.payers]),
      scenario.helpers,
      ...(scenario.waiters ? [scenario.waiters.length] : []),
    ],
    run: (op, world) => (isDown && grants(op) ? [{ answer: { error: BROKEN_OFF } }] : run(op, world)),
    command: ({ port, args: [action, params] }) => {
      if (port !== "command") return null;
      const service = (action as string).split(".")[0] as Service;
      return { program: command(action as string, params as object), cells: CELLS[service] };
    },
    // A secret that is given at once can still be used at any time. A claim that fails unless the unit is free leads
    // back to the question which units are, so the answer to that may as well be given just before it.
    immediate: ({ port, args: [query] }) =>
      port === CLOCK ||
      port === "buyers.receive" ||
      (port === "units.claim" && (query as { state?: unknown }).state === "free"),
    // Where nobody is limited there are never any uses.
    settled: (op, world) => settled(op, world) || (!limited && op.port.startsWith("uses.")),
    failures: ({ port }) => {
      if (!fails || port.startsWith("buyers.")) return [];
      // That the provider fails for good is among its answers.
      return [port.startsWith("provider.") ? fail("TRY_AGAIN") : BROKEN_OFF];
    },
    starts,
    sweeps,
    violation: (world) => violation(world, scenario),
    forbidden,
    unfinished,
  };
}

const grants = ({ port, args: [doc] }: Op) =>
  port === "entitlements.insert" && (doc as { state?: string }).state === "active";

function priced(lines: { quantity: number }[], given: Scenario["orders"][number]["code"]) {
  const total = lines.reduce((sum, { quantity }) => sum + quantity * PRICE, 0);
  if (!given) return { total };
  const { free, ...caps } = given;
  const amount = free ? total : 0;
  return { total: total - amount, discount: { code: "CODE", amount, ...caps } };
}

function initial({ orders, stock, acts, waiters }: Scenario): World {
  return {
    orders: orders.map(({ id, buyer, lines, code }) => ({
      ...priced(lines, code),
      _id: id,
      v: 1,
      state: "reserving",
      buyer,
      user: { id: buyer, name: buyer },
      email: null,
      seller: { id: "seller", name: "Seller" },
      lines: lines.map(({ item, kind, quantity, perBuyer }, n) => {
        return {
          id: String(n + 1),
          itemId: item,
          title: item,
          kind,
          quantity,
          unitPrice: PRICE,
          perBuyer,
          serials: [],
        };
      }),
      createdAt: 0,
      expiresAt: DEADLINE,
      history: [],
    })),
    payments: [],
    reservations: [],
    units: Object.entries(stock).flatMap(([item, copies]) =>
      Array.from({ length: copies }, (_, n) => (waiters ? arriving(newUnit(item, n + 1), 0) : newUnit(item, n + 1))),
    ),
    uses: [],
    entitlements: [],
    entries: [],
    provider: {
      intents: [],
      refunds: [],
      failed: [],
      failures: acts.includes("fail") ? 1 : 0,
      slow: acts.includes("delay"),
    },
    buyers: [],
  };
}
