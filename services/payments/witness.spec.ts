import { describe, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { systemRuntime } from "../../core/runtime.ts";
import type { Store } from "../../core/store.ts";
import type { Provider } from "./flow.ts";
import type { Intent, Payment, ProviderCall } from "./payment.machine.ts";
import { CallLog, witnessedProvider, witnessedStore } from "./witness.ts";

const draft = { _id: "o1", attempt: 1, params: null, intent: null, createdAt: 0 };
const intent: Intent = {
  ...{ id: "pi_1", status: "succeeded", amount: 1, currency: "eur", clientSecret: "pi_1_secret_x", error: null },
  metadata: { order: "o1" },
};

describe("what happened to a payment", () => {
  test("is noted in the very write that changes it; the latest fifty", async () => {
    let kept: Payment | null = null;
    const store: Store<Payment> = {
      get: async () => kept,
      insert: async (doc) => ((kept = { ...doc, v: 1 } as Payment), true),
      write: async (doc, { set }) => (kept = { ...doc, ...set, v: doc.v + 1 }),
    };
    let now = 0;
    const witnessed = witnessedStore(store, () => ++now);
    await witnessed.insert({ ...draft, state: "open" });
    await witnessed.write(kept!, { set: { intent: "pi_1", attempt: 2 } });
    await witnessed.write(kept!, { set: { state: "refunding", refund: { id: "re_1", status: "pending" } } });
    expect(kept!.history).toEqual([
      { at: 1, state: "open" },
      { at: 2, state: "open", note: "intent pi_1, attempt 2" },
      { at: 3, state: "refunding", note: "refund re_1 pending" },
    ]);
    for (let n = 0; n < 60; n++) await witnessed.write(kept!, { set: { error: { code: "declined", message: "m" } } });
    expect(kept!.history).toHaveLength(50);
    expect(kept!.history!.at(-1)!.at).toBe(now);
  });

  test("names every call to the provider with what came of it and how long it took, and never its words", async () => {
    let now = 1000;
    const answer =
      <T>(value: T) =>
      async () => ((now += 30), value);
    const provider: Provider = {
      create: answer(intent),
      retrieve: answer(intent),
      cancel: async () => {
        throw Object.assign(new Error("for bob@example.com"), { type: "StripeAPIError", code: "oops" });
      },
      refund: async () => {
        throw fail("TRY_AGAIN");
      },
    };
    const calls: [string, ProviderCall][] = [];
    const witnessed = witnessedProvider(
      provider,
      () => now,
      (payment, call) => void calls.push([payment, call]),
    );
    await witnessed.create({ order: "o1", attempt: 2, amount: 1, currency: "eur" });
    await witnessed.retrieve("pi_1");
    await expect(witnessed.cancel("pi_1", "o1")).rejects.toThrow("for bob@example.com");
    await expect(witnessed.refund({ ...draft, v: 1, state: "refunding" })).rejects.toMatchObject({ type: "TRY_AGAIN" });
    expect(calls).toEqual([
      ["o1", { at: 1000, name: "create", attempt: 2, outcome: "pi_1 succeeded", ms: 30 }],
      ["o1", { at: 1030, name: "retrieve", outcome: "pi_1 succeeded", ms: 30 }],
      ["o1", { at: 1060, name: "cancel", outcome: "failed: StripeAPIError oops", ms: 0 }],
      ["o1", { at: 1060, name: "refund", attempt: 1, outcome: "failed: TRY_AGAIN", ms: 0 }],
    ]);
  });

  test("calls are written together, beside the versions of the payment", async () => {
    const writes: unknown[] = [];
    const db = { claim: async (...write: unknown[]) => (writes.push(write), null) };
    const log = new CallLog({ db, runtime: systemRuntime(), logger: { warn: () => undefined } });
    const call: ProviderCall = { at: 1, name: "retrieve", outcome: "pi_1 succeeded", ms: 3 };
    log.add("o1", call);
    log.add("o1", { ...call, at: 2 });
    expect(writes).toEqual([]);
    await log.flush();
    await log.flush();
    expect(writes).toEqual([[{ _id: "o1" }, { $push: { calls: { $each: [call, { ...call, at: 2 }], $slice: -50 } } }]]);
  });
});
