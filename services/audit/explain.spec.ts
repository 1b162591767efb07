import { describe, expect, test } from "@jest/globals";
import type { OrderForOperators } from "../orders/orders.contract.ts";
import type { Payment } from "../payments/payments.contract.ts";
import type { Dossier } from "./dossier.ts";
import { explain } from "./explain.ts";
import { toLetter } from "./letter.ts";
import { masked } from "./mask.ts";
import { outlook } from "./outlook.ts";

const HOUR = 3_600_000;
const due = (at: number) => `${String(at).padStart(15, "0")}:o1`;

/** An order of one copy, as it is in this state. */
function inState(state: OrderForOperators["state"], more: Partial<OrderForOperators> = {}): Dossier {
  const line = { id: "1", itemId: "i", title: "A thing", kind: "edition" as const, quantity: 2, unitPrice: 500 };
  const order: OrderForOperators = {
    ...{ _id: "o1", v: 3, state, buyer: "guest-1", email: "g***@example.com", seller: { id: "sue", name: "Sue" } },
    ...{ lines: [{ ...line, perBuyer: null, serials: [] }], total: 1000, createdAt: 1000, expiresAt: 901_000 },
    ...{ paidAt: 5000, history: [], ...more },
  };
  return {
    order,
    payment: null,
    reservation: null,
    units: [],
    entitlements: [],
    hints: [],
    letters: [],
    records: [],
    entry: null,
  };
}
const paying = (state: Payment["state"], more: Partial<Payment> = {}): Payment => ({
  ...{ _id: "o1", v: 2, state, attempt: 1, params: { amount: 1000, currency: "eur" }, intent: "pi_1", createdAt: 2000 },
  ...more,
});

describe("what an order waits for, and what comes next", () => {
  test.each<[string, Dossier, RegExp, number[]]>([
    ["the verdict", inState("reserving", { due: due(6000) }), /inventory's verdict/, [6000]],
    ["a buyer who has not begun", inState("reserved"), /has not begun to pay/, [901_000]],
    ["nothing", inState("reserved", { total: 0, due: due(6000) }), /nothing to pay/, [6000]],
    [
      "a buyer who may pay",
      { ...inState("reserved"), payment: paying("open", { due: due(12_000) }) },
      /given the means to pay \(pi_1\)/,
      [12_000, 901_000],
    ],
    [
      "a fact on its way",
      { ...inState("reserved"), payment: paying("succeeded", { due: due(7000) }) },
      /payment\.succeeded, to arrive/,
      [901_000],
    ],
    [
      "the provider's word on the cancel",
      { ...inState("closing", { due: due(3000) }), payment: paying("closing", { due: due(32_000) }) },
      /what became of pi_1/,
      [3000, 32_000],
    ],
    [
      "copies to be free",
      { ...inState("closing", { due: due(3000) }), payment: paying("cancelled") },
      /every copy is free/,
      [3000],
    ],
    ["the goods", inState("paid", { due: due(9000) }), /0 of 2 copies/, [9000, 5000 + HOUR]],
    [
      "the bank",
      {
        ...inState("refunding", { refund: { id: "r", reason: null, status: "pending", createdAt: 1 }, due: due(9000) }),
        payment: paying("refunding", { due: due(8000) }),
      },
      /provider, to bring the refund/,
      [8000, 9000],
    ],
    [
      "a person",
      inState("refunding", { refund: { id: "r", reason: null, status: "failed", createdAt: 1 } }),
      /a person: the bank refused/,
      [],
    ],
    ["nothing, at rest", inState("fulfilled"), /it rests/, []],
    ["nothing, over", inState("expired"), /it is over/, []],
  ])("%s", (_, dossier, words, times) => {
    const { waitsFor, next } = outlook(dossier);
    expect(waitsFor).toMatch(words);
    expect(next.map(({ at }) => at)).toEqual(times);
  });

  test("a webhook that has not had its effect is tried again", () => {
    const hint = { _id: "evt_1", type: "refund.updated", intent: "pi_1", state: "new" as const, due: due(4000) };
    expect(outlook({ ...inState("fulfilled"), hints: [hint] }).next).toEqual([
      { at: 4000, what: "the inbox acts upon refund.updated evt_1 again (sweeper)" },
    ]);
  });
});

describe("the timeline", () => {
  test("is one of all services, in the order of time; at the same ms causes stand before effects", () => {
    const dossier = inState("refunded", {
      history: [
        { at: 2000, type: "order.reserved", data: { expiresAt: 901_000 } },
        { at: 9000, type: "order.refunding", data: { reason: null } },
        { at: 9000, type: "order.refunded", data: {} },
      ],
    });
    dossier.reservation = {
      ...{ _id: "o1", v: 2, buyer: "guest-1", until: 901_000, lines: [], state: "released" },
      history: [
        { at: 1000, state: "open" },
        { at: 2000, state: "held" },
      ],
    };
    dossier.payment = paying("refunded", {
      history: [
        { at: 3000, state: "open" },
        { at: 3100, state: "open", note: "intent pi_1" },
        { at: 9000, state: "refunding" },
      ],
      calls: [{ at: 3050, name: "create", attempt: 1, outcome: "pi_1 requires_payment_method", ms: 40 }],
    });
    const slot = { _id: "o1:1:0", order: "o1", user: null, item: "i", title: "A", kind: "edition" as const };
    const goods = { ...slot, seller: { id: "s", name: "S" }, serial: 1 };
    dossier.entitlements = [
      { ...goods, state: "revoked", at: 8000, revokedAt: 9000 },
      { ...goods, _id: "o1:1:1", state: "revoked", at: 8000, revokedAt: 9000 },
    ];
    const { events } = explain(dossier, 10_000);
    expect(events.map(({ service, what }) => `${service}: ${what}`)).toEqual([
      ...["orders: created", "inventory: asked to hold", "inventory: every line is held", "orders: order.reserved"],
      ...["payments: payment open", "provider: create, attempt 1", "payments: payment", "delivery: granted"],
      ...["orders: order.refunding", "payments: payment refunding", "delivery: revoked", "orders: order.refunded"],
    ]);
    expect(events.find(({ what }) => what === "granted")!.detail).toBe("o1:1:0 o1:1:1");
  });

  test("a fact that hangs is named, one that was told a moment ago is not", () => {
    const told = (now: number) => {
      const fact = { id: "order:o1:2:0", type: "order.paid", schema: 1 as const, at: 5000, v: 2, data: {} };
      const history = [{ at: 5000, type: "order.paid", data: {} }];
      return explain(inState("paid", { history, outbox: [fact] }), now).events[1]!.detail;
    };
    expect([told(5500), told(60_000)]).toEqual(["", "(not yet told on the bus)"]);
  });
});

describe("what operators see", () => {
  test("has neither e-mails nor secrets in it, wherever they stand", () => {
    const seen = masked({
      reason: "write to bob.smith@example.co.uk, or <eve@x.org>",
      nested: [{ secret: "AAAA-BBBB", token: "t0ken", clientSecret: "pi_1_secret_abc", n: 1 }],
      words: "pi_1_secret_abcDEF failed with sk_test_123 and whsec_zzz",
      null: null,
    });
    expect(seen).toEqual({
      reason: "write to b***@example.co.uk, or <e***@x.org>",
      nested: [{ secret: "…", token: "…", clientSecret: "…", n: 1 }],
      words: "pi_1_secret_… failed with sk_… and whsec_…",
      null: null,
    });
    expect(masked(seen)).toEqual(seen);
  });

  test("a dead letter names the order that it is about", () => {
    const letter = (id: string, data: Record<string, unknown>) =>
      toLetter({
        ...{ id: "7", group: "orders", attempts: 10, at: 5000 },
        fact: { id, type: "t", schema: 1, at: 4000, v: 1, data },
        error: { type: "TypeError", message: "cannot read bob@example.com" },
      });
    expect(letter("payment:o1:2:0", { order: "o1" }).order).toBe("o1");
    expect(letter("order:o2:2:0", { id: "o2" }).order).toBe("o2");
    expect(letter("item:i:2:0", { id: "i" }).order).toBeNull();
    expect(letter("item:i:2:0", {}).error.message).toBe("cannot read b***@example.com");
  });
});
