import type { Control } from "./scenario.ts";
import type { SCENARIOS } from "./scenarios.ts";

/** A rule without its guard, where that shows, and the property that must break there. */
export interface Proof extends Control {
  rule: string;
  scenario: keyof typeof SCENARIOS;
  breaks: RegExp;
}

type Fields = Record<string, unknown>;
/** What a claim sets: `$set` of its second argument. */
const set = (args: unknown[]): Fields => (args[1] as { $set?: Fields }).$set ?? {};

/** Every guard of R3–R8, taken out one at a time. */
export const CONTROLS: Proof[] = [
  {
    rule: "R3 a write is guarded by the version",
    scenario: "twins",
    breaks: /^P7 what is over stays/,
    call(ask, port, args: unknown[]) {
      if (!port.endsWith(".claim")) return ask(port, ...args);
      const { v: _, ...unguarded } = args[0] as Fields;
      return ask(port, unguarded, ...args.slice(1));
    },
  },
  {
    rule: "R3 a claim is guarded by the unit's state",
    scenario: "rivals",
    breaks: /^P1 a held copy is not held again/,
    call(ask, port, args: unknown[]) {
      if (port !== "units.claim" || set(args)["state"] !== "held") return ask(port, ...args);
      return ask(port, { _id: (args[0] as Fields)["_id"] }, args[1]);
    },
  },
  {
    rule: "R4 closed only on what is read after the cancel",
    scenario: "tabs",
    breaks: /^P3 what is over was never charged/,
    async call(ask, port, args, program) {
      const answer = await ask<object>(port, ...args);
      const closes = port === "provider.retrieve" && /^(drive|payments.close)/.test(program);
      return closes ? { ...answer, status: "canceled" } : answer;
    },
  },
  {
    rule: "R4 the intent is cancelled before it is read",
    scenario: "tabs",
    breaks: /^P7 a good end stays reachable/,
    call: async (ask, port, args) => (port === "provider.cancel" ? undefined : ask(port, ...args)),
  },
  {
    rule: "R4 a secret leaves only once its intent is recorded",
    scenario: "tabs",
    breaks: /^R4 only the recorded intent can be paid/,
    async call(ask, port, args: unknown[], program) {
      const answer = await ask(port, ...args);
      const records = program.startsWith("pay") && port === "payments.claim" && set(args)["intent"];
      return records ? { state: "open", intent: set(args)["intent"] } : answer;
    },
  },
  {
    rule: "R4 the payment is closed before the stock is released",
    scenario: "tabs",
    breaks: /^P1/,
    neighbours: (saga) => ({
      ...saga,
      async closePayment(order) {
        await saga.release(order);
        return saga.closePayment(order);
      },
    }),
  },
  {
    rule: "R5 a unit held for nobody is freed",
    scenario: "late",
    breaks: /^P7 a good end stays reachable: a:\d is held/,
    without: /^inventory.reclaim/,
  },
  {
    rule: "R5 a use kept for nobody is freed",
    scenario: "again",
    breaks: /^P1 nobody is refused without need/,
    async call(ask, port, args: unknown[], program) {
      const answer = await ask<object>(port, ...args);
      const looks = program === "drive o2" && port === "reservations.get" && args[0] === "o1";
      return looks ? { ...answer, state: "held" } : answer;
    },
  },
  {
    rule: "R6 a stray success is refunded",
    scenario: "stray",
    breaks: /^P7 a good end stays reachable: pi:o1:\d is charged for nothing/,
    call: async (ask, port, args, program) =>
      port === "payments.insert" && program.startsWith("payments.settle") ? false : ask(port, ...args),
  },
  {
    rule: "R7 an order at rest nowhere is driven on",
    scenario: "rivals",
    breaks: /^P7 a good end stays reachable/,
    without: /^drive/,
  },
  {
    rule: "R7 a payment at rest nowhere is driven on",
    scenario: "stray",
    breaks: /^P7 a good end stays reachable/,
    without: /^payments/,
  },
  {
    rule: "R8 a slot holds one unit",
    scenario: "late",
    breaks: /^P1 a place has one copy/,
    call: (ask, port, args) => (port === "units.claim" ? ask(port, ...args, ["free", "held"]) : ask(port, ...args)),
  },
  {
    rule: "R8 a grant never overwrites what is revoked",
    scenario: "undelivered",
    breaks: /^P7 what is over stays/,
    call(ask, port, args: unknown[]) {
      const grants = port === "entitlements.insert" && (args[0] as Fields)["state"] === "active";
      return ask(grants ? "entitlements.put" : port, ...args);
    },
  },
  {
    rule: "R8 a refund is asked for under one key",
    scenario: "tabs",
    breaks: /^P4 one refund a capture/,
    call(ask, port, args: unknown[], program) {
      if (port !== "provider.refund") return ask(port, ...args);
      const payment = args[0] as { _id: string };
      return ask(port, { ...payment, _id: `${payment._id} by ${program}` });
    },
  },
];
