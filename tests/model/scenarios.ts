import type { Scenario } from "./scenario.ts";

const line = (item: string, quantity = 1, perBuyer: number | null = null) => ({
  item,
  quantity,
  perBuyer,
  kind: "edition" as const,
});
const ann = { id: "o1", buyer: "ann", drivers: 1, lines: [line("a")] };
const endless = { ...line("b"), kind: "unlimited" as const };
const bob = { id: "o2", buyer: "bob", drivers: 1, lines: [line("a")] };

const one: Omit<Scenario, "name"> = {
  orders: [ann],
  stock: { a: 1 },
  fine: ["inventory", "payments", "delivery"],
  acts: ["pay", "cancel", "refund"],
  payers: 1,
  helpers: 1,
  plenty: true,
};
const two: Omit<Scenario, "name"> = {
  ...one,
  orders: [ann, bob],
  fine: ["inventory"],
  plenty: false,
};

/** Its copy is on its way back at first, and whoever is granted it may let it lapse. */
const queue: Omit<Scenario, "name"> = { ...one, orders: [], fine: ["waitlist"], acts: [], payers: 0, plenty: false };

/**
 * Each is explored completely within its bounds; together they are what the model check claims. Every order may
 * expire at any time; a cancel is the same with another name, and is left out where there is much else.
 */
export const SCENARIOS = {
  life: { ...one, name: "one order's whole life, each read and write a step, with two sweepers", helpers: 2 },
  twins: {
    ...one,
    name: "the same with two drivers",
    orders: [{ ...ann, drivers: 2 }],
    acts: ["pay", "refund"],
    helpers: 0,
  },
  late: {
    ...one,
    name: "two drivers and a second copy, which a late claim might take",
    fine: ["inventory"],
    stock: { a: 2 },
    orders: [{ ...ann, drivers: 2 }],
    acts: ["pay", "refund"],
    helpers: 0,
  },
  basket: {
    ...one,
    name: "two copies of one item, of which nobody may have more, and an unlimited one",
    fine: ["inventory", "delivery"],
    orders: [{ ...ann, lines: [line("a", 2, 2), endless] }],
    stock: { a: 2 },
    helpers: 0,
  },
  tabs: { ...one, name: "two tabs at the till, a webhook or sweeper, and the saga", fine: ["payments"], payers: 2 },
  cards: {
    ...one,
    name: "cards declined, payments and refunds delayed or failed",
    fine: ["payments"],
    acts: [...one.acts, "decline", "delay"],
  },
  outage: {
    ...one,
    name: "a provider that fails calls and voids intents",
    fine: ["payments"],
    acts: [...one.acts, "void", "fail"],
    payers: 2,
    helpers: 0,
  },
  stray: { ...one, name: "a success that nobody expects", fine: ["payments"], acts: [...one.acts, "leak"] },
  undelivered: {
    ...one,
    name: "delivery and stock that fail for an hour",
    fine: ["delivery"],
    acts: [...one.acts, "fail"],
    orders: [{ ...ann, drivers: 2 }],
  },
  down: { ...one, name: "a delivery that never comes back", fine: ["delivery"], acts: ["pay", "down"] },
  rivals: { ...two, name: "two buyers, one copy", acts: ["cancel"], payers: 0, contest: true },
  pairs: {
    ...two,
    name: "two buyers of two copies each, of which there are two",
    orders: [
      { ...ann, lines: [line("a", 2)] },
      { ...bob, lines: [line("a", 2)] },
    ],
    stock: { a: 2 },
    acts: ["cancel"],
    payers: 0,
    helpers: 0,
  },
  crossed: {
    ...two,
    name: "two buyers, two lines in opposite order, one copy of each",
    orders: [
      { ...ann, lines: [line("a"), line("b")] },
      { ...bob, lines: [line("b"), line("a")] },
    ],
    stock: { a: 1, b: 1 },
    acts: ["cancel"],
    payers: 0,
    helpers: 0,
    contest: true,
  },
  enough: {
    ...two,
    name: "two buyers, two copies",
    stock: { a: 2 },
    acts: ["cancel"],
    payers: 0,
    helpers: 0,
    plenty: true,
  },
  limit: {
    ...two,
    name: "two orders of one buyer who may have one copy",
    orders: [
      { ...ann, lines: [line("a", 1, 1)] },
      { ...bob, buyer: "ann", lines: [line("a", 1, 1)] },
    ],
    stock: { a: 2 },
    acts: ["cancel"],
    payers: 0,
    helpers: 0,
  },
  again: {
    ...two,
    name: "the same one after the other, with what the first left behind",
    orders: [
      { ...ann, lines: [{ ...endless, perBuyer: 1 }], drivers: 2 },
      { ...bob, buyer: "ann", lines: [{ ...endless, perBuyer: 1 }], after: "o1" },
    ],
    stock: {},
    acts: [],
    payers: 0,
    helpers: 0,
    plenty: true,
  },
  code: {
    ...two,
    name: "two buyers, two copies, a code that can be used once",
    orders: [
      { ...ann, code: { cap: 1, perBuyer: null } },
      { ...bob, code: { cap: 1, perBuyer: null } },
    ],
    stock: { a: 2 },
    acts: ["cancel"],
    payers: 0,
    helpers: 0,
    contest: true,
  },
  coupon: {
    ...two,
    name: "two orders of one buyer who may use a code once",
    orders: [
      { ...ann, lines: [endless], code: { cap: 2, perBuyer: 1 } },
      { ...bob, buyer: "ann", lines: [endless], code: { cap: 2, perBuyer: 1 } },
    ],
    stock: {},
    acts: ["cancel"],
    payers: 0,
    helpers: 0,
    contest: true,
  },
  leftover: {
    ...two,
    name: "a code that can be used once, by one order after the other",
    orders: [
      { ...ann, lines: [endless], drivers: 2, code: { cap: 1, perBuyer: null } },
      { ...bob, lines: [endless], after: "o1", code: { cap: 1, perBuyer: null } },
    ],
    stock: {},
    acts: [],
    payers: 0,
    helpers: 0,
    plenty: true,
  },
  gift: {
    ...one,
    name: "an order with nothing to pay, with two drivers",
    fine: ["inventory"],
    orders: [{ ...ann, drivers: 2, code: { cap: 1, perBuyer: null, free: true } }],
    acts: ["cancel", "refund"],
    payers: 0,
    helpers: 0,
  },
  line: {
    ...queue,
    name: "a copy that comes back, one who waits for it, a passer-by, and two sweepers",
    orders: [bob],
    waiters: ["joe"],
    helpers: 2,
  },
  queue: { ...queue, name: "two who wait for it, one after the other", waiters: ["joe", "kim"] },
  rush: {
    ...queue,
    name: "three who join a line at once",
    waiters: ["joe", "kim", "lee"],
    stock: { a: 0 },
    rush: true,
  },
  market: {
    ...two,
    name: "two buyers' whole lives around one copy, each write of stock a step",
    acts: ["pay", "refund"],
    helpers: 0,
    contest: true,
  },
  lives: { ...two, name: "the same with all sweepers, each command a step", fine: [], contest: true },
} satisfies Record<string, Scenario>;
