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
      { ...order, _id: "open", state: "reserved" },
    ],
    units: [
      { _id: "a:1", item: "a", serial: 1, state: "sold", slot: "paid:1:0", order: "paid" },
      { _id: "a:2", item: "a", serial: 2, state: "held", slot: "open:1:0", order: "open", held: "a:1:a:2" },
      { _id: "a:3", item: "a", serial: 3, state: "free", free: "a:3" },
    ],
    reservations: [
      { ...reserved, _id: "paid" },
      { ...reserved, _id: "open" },
    ],
    uses: [{ _id: "a:bob:0", slot: "paid:1:0" }],
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
      {
        _id: "paid:1:0",
        order: "paid",
        user: null,
        item: "a",
        title: "A",
        kind: "edition",
        seller,
        serial: 1,
        state: "active",
        at: 0,
      },
    ],
  };
}

describe("the audit", () => {
  test("finds nothing in books that agree", () => {
    expect(faultsIn(books())).toEqual([]);
  });

  test.each<[rule: string, plant: (books: Books) => void]>([
    ["a free unit is found as free", ({ units }) => delete units[2]!.free],
    ["a held unit is found as held", ({ units }) => delete units[1]!.held],
    ["held and sold units have a slot", ({ units }) => delete units[0]!.slot],
    ["one slot, one unit", ({ units }) => (units[1]!.slot = "paid:1:0")],
    ["a held unit belongs to a live order", ({ orders }) => (orders[1]!.state = "expired")],
    ["a sold unit belongs to a paid order", ({ orders }) => (orders[0]!.state = "cancelled")],
    ["a use belongs to an order", ({ uses }) => (uses[0]!.slot = "nobody:1:0")],
    ["a closed order has given its uses back", ({ orders }) => (orders[0]!.state = "refunded")],
    ["a total is the sum of its lines", ({ orders }) => (orders[0]!.total = 400)],
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
