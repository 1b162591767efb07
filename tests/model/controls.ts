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
    rule: "R3 a use has a place below the cap, and is no count",
    scenario: "code",
    breaks: /^P1 a code's caps are kept/,
    call(ask, port, args: unknown[]) {
      if (port !== "uses.insert") return ask(port, ...args);
      const use = args[0] as { slot: string };
      return ask(port, { ...use, _id: `code:seller:CODE:${use.slot}` });
    },
  },
  {
    rule: "R4 an order with nothing to pay is paid or expires, by its version",
    scenario: "gift",
    breaks: /^P7 a good end stays reachable: order o1 is paid/,
    call(ask, port, args: unknown[]) {
      if (port !== "orders.claim") return ask(port, ...args);
      const { v: _, ...unguarded } = args[0] as Fields;
      return ask(port, unguarded, ...args.slice(1));
    },
  },
  {
    rule: "F1 a copy is put on sale in the turn in which nobody waited",
    scenario: "line",
    breaks: /^F1 no copy is on sale while somebody waits/,
    call(ask, port, args: unknown[]) {
      const { turn: _, ...unguarded } = args[0] as Fields;
      return port === "units.claim" ? ask(port, unguarded, args[1]) : ask(port, ...args);
    },
  },
  {
    rule: "F2 a grant is guarded by the entry's version",
    scenario: "line",
    breaks: /^F1 no copy is on sale while somebody waits/,
    call(ask, port, args: unknown[]) {
      if (port !== "entries.claim") return ask(port, ...args);
      const { v: _, ...unguarded } = args[0] as Fields;
      return ask(port, unguarded, ...args.slice(1));
    },
  },
  {
    rule: "F4 who is being granted a copy stands in the line still",
    scenario: "line",
    breaks: /^F1 no copy is on sale while somebody waits/,
    async call(ask, port, args: unknown[]) {
      const answer = await ask<unknown>(port, ...args);
      const looks = port === "entries.find" && Object.keys(args[0] as Fields).join() === "place";
      return looks ? (answer as Fields[]).filter(({ state }) => state !== "granting") : answer;
    },
  },
  {
    rule: "F5 whoever joins goes behind who was told a place",
    scenario: "rush",
    breaks: /^F5 nobody comes in before who waits already/,
    call: async (ask, port, args: unknown[]) =>
      port === "entries.find" && (args[0] as Fields)["state"] ? [] : ask(port, ...args),
  },
  {
    rule: "R7 a copy that comes back is passed on",
    scenario: "queue",
    breaks: /^P7 a good end stays reachable: a:1 is returning/,
    without: /^inventory.passOn/,
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
