import { describe, expect, test } from "@jest/globals";
import { faultsIn, type Books } from "./invariants.ts";

/** One edition of two copies: one sold and delivered, one held for an order that may still be paid. */
function books(): Books {
  const seller = { id: "sue", name: "Sue" };
  const line = {
    id: "1",
    itemId: "a",
    title: "A",
    kind: "edition" as const,
    quantity: 1,
    unitPrice: 500,
    perBuyer: 1,
    serials: [],
  };
  const order = {
    v: 1,
    buyer: "bob",
    user: null,
    email: null,
    seller,
    lines: [line],
    total: 500,
    createdAt: 0,
    expiresAt: 1,
    history: [],
  };
  const owned = {
    user: null,
    item: "a",
    title: "A",
    kind: "edition" as const,
    seller,
    state: "active" as const,
    at: 0,
  };
  const reserved = {
    v: 1,
    buyer: "bob",
    until: 1,
    state: "held" as const,
    lines: [{ id: "1", item: "a", kind: "edition" as const, quantity: 1, perBuyer: 1 }],
  };
  return {
    orders: [
      { ...order, _id: "paid", state: "fulfilled" },
      { ...order, _id: "open", state: "reserved", granted: true },
      {
        ...order,
        _id: "gift",
        state: "fulfilled",
        lines: [{ ...line, off: 500 }],
        total: 0,
        discount: { code: "ALL", amount: 500, cap: 1, perBuyer: null },
      },
    ],
    units: [
      { _id: "a:1", item: "a", serial: 1, state: "sold", slot: "paid:1:0", order: "paid" },
      { _id: "a:2", item: "a", serial: 2, state: "held", slot: "open:1:0", order: "open", held: "a:1:a:2" },
      { _id: "a:3", item: "a", serial: 3, state: "free", free: "a:3" },
      { _id: "a:4", item: "a", serial: 4, state: "returning", returning: "a:1:a:4", turn: 1 },
      { _id: "a:4", item: "a", serial: 4, state: "sold", slot: "gift:1:0", order: "gift" },
    ],
    reservations: [
      { ...reserved, _id: "paid" },
      { ...reserved, _id: "open" },
      { ...reserved, _id: "gift" },
    ],
    uses: [
      { _id: "a:bob:0", slot: "paid:1:0" },
      { _id: "code:sue:ALL:0", slot: "gift:code:0" },
    ],
    payments: [
      {
        _id: "paid",
        v: 1,
        state: "succeeded",
        attempt: 1,
        params: { amount: 500, currency: "eur" },
        intent: "pi",
        createdAt: 0,
      },
    ],
    entitlements: [
      { ...owned, _id: "paid:1:0", order: "paid", serial: 1 },
      { ...owned, _id: "gift:1:0", order: "gift", serial: 4 },
    ],
    entries: [
      {
        ...{ _id: "b:eve", v: 1, item: "b", buyer: "eve", state: "waiting", place: "b:1:eve" },
        ...{ attempt: 1, ticket: "t", history: [] },
      },
      {
        ...{ _id: "a:bob", v: 1, item: "a", buyer: "bob", state: "granted", order: "open" },
        ...{ attempt: 1, ticket: "u", history: [] },
      },
    ],
  };
}

describe("the audit", () => {
  test("finds nothing in books that agree", () => {
    expect(faultsIn(books())).toEqual([]);
  });

  test.each<[rule: string, plant: (books: Books) => void]>([
    ["a returning unit is found as returning", ({ units }) => delete units[3]!.returning],
    ["no copy is free while somebody waits for it", ({ entries }) => (entries[0]!.item = "a")],
    ["who waits has a place, and nobody else", ({ entries }) => delete entries[0]!.place],
    ["a grant is an order of who waited", ({ orders }) => delete orders[1]!.granted],
    ["a free unit is found as free", ({ units }) => delete units[2]!.free],
    ["a held unit is found as held", ({ units }) => delete units[1]!.held],
    ["held and sold units have a slot", ({ units }) => delete units[0]!.slot],
    ["one slot, one unit", ({ units }) => (units[1]!.slot = "paid:1:0")],
    ["a held unit belongs to a live order", ({ orders }) => (orders[1]!.state = "expired")],
    ["a sold unit belongs to a paid order", ({ orders }) => (orders[0]!.state = "cancelled")],
    ["a use belongs to an order", ({ uses }) => (uses[0]!.slot = "nobody:1:0")],
    ["a closed order has given its uses back", ({ orders }) => (orders[0]!.state = "refunded")],
    ["a total is the sum of its lines", ({ orders }) => (orders[0]!.total = 400)],
    ["a discount is shared out among its lines", ({ orders }) => (orders[2]!.discount!.amount = 400)],
    ["a discounted order uses its code", ({ uses }) => uses.pop()],
    ["a code is used no oftener than its cap", ({ uses }) => (uses[1]!._id = "code:sue:ALL:1")],
    ["nobody pays for nothing", ({ payments }) => payments.push({ ...payments[0]!, _id: "gift", intent: "pi2" })],
    ["a paid order has its payment", ({ payments }) => (payments[0]!.state = "cancelled")],
    ["a closed order has no payment", ({ orders }) => (orders[0]!.state = "expired")],
    ["money captured is the order's total", ({ payments }) => (payments[0]!.params!.amount = 499)],
    ["a refunded order was repaid", ({ orders }) => (orders[0]!.state = "refunded")],
    ["a fulfilled order has its entitlements", ({ entitlements }) => (entitlements[0]!.state = "revoked")],
    ["a paid order owns exactly its units", ({ units }) => (units[0]!.item = "b")],
    ["no payment goes astray", ({ payments }) => (payments[0]!.reason = "stray")],
    ["a payment belongs to an order", ({ payments }) => (payments[0]!._id = "nobody")],
    ["who paid gets the goods or the money back", ({ orders }) => (orders[0]!.state = "expired")],
    ["money is whole cents", ({ payments }) => (payments[0]!.params!.amount = 4.5)],
    ["an entitlement belongs to an order", ({ entitlements }) => (entitlements[0]!.order = "nobody")],
    ["active goods are paid for", ({ orders }) => (orders[0]!.state = "refunding")],
  ])("names a broken rule: %s", (rule, plant) => {
    const broken = books();
    plant(broken);
    expect(faultsIn(broken).map((fault) => fault.rule)).toContain(rule);
  });
});
