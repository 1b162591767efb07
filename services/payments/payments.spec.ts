import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { eventually, openTill, type Till } from "../../tests/till.ts";
import sandbox from "../sandbox/sandbox.service.ts";
import inbox from "./inbox.service.ts";
import type { PayWith } from "./payments.contract.ts";
import payments from "./payments.service.ts";
import type { Payment } from "./payment.machine.ts";

onBothStores("payments", (env) => {
  let shop: TestBroker;
  let till: Till;
  let skew = 0;
  let orders = 0;

  beforeAll(async () => {
    till = await openTill();
    const runtime = { ...systemRuntime(), now: () => Date.now() + skew };
    shop = testBroker({
      env: { ...till.env, ...(env["MONGO_URL"] && { MONGO_URL: env["MONGO_URL"] }) },
      services: [payments, inbox, sandbox],
      runtime,
    });
    await till.serve(shop.broker);
    await shop.broker.start();
  });
  afterAll(async () => {
    await shop.stop();
    await till.close();
  });

  const call = <T>(name: string, params: object): Promise<T> =>
    shop.broker.call(`payments.${name}`, params, { timeout: 20_000 });
  const open = (order: string, amount = 1500) => call<PayWith>("open", { order, amount, currency: "eur" });
  const close = async (order: string) => (await call<{ outcome: string }>("close", { order })).outcome;
  const refund = async (order: string) => (await call<{ outcome: string }>("refund", { order })).outcome;
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error: unknown) => typeOf(error) ?? String(error),
    );
  const payment = async (id: string) => {
    const { rows } = await call<{ rows: Payment[] }>("changes", { limit: 5000 });
    return rows.find((row) => row._id === id);
  };
  const reaches = (id: string, state: string) =>
    eventually(
      () => payment(id),
      (found) => found?.state === state,
    );
  const paid = async (method?: string) => {
    const order = `order${++orders}`;
    const { clientSecret, publishableKey } = await open(order);
    expect((await till.confirm(clientSecret, publishableKey, method)).status).toBe("succeeded");
    await reaches(order, "succeeded");
    return order;
  };

  test("one intent for an order, whoever asks and however often", async () => {
    const asked = await Promise.all(Array.from({ length: 4 }, () => open("twins").catch(() => open("twins"))));
    expect(new Set(asked.map(({ clientSecret }) => clientSecret)).size).toBe(1);
    expect(await open("twins")).toEqual(asked[0]);
  });

  test("a success is found by its webhook; the payment does not open again", async () => {
    const order = await paid();
    expect(await refusal(open(order))).toBe("ORDER_PAID");
    expect(await close(order)).toBe("paid");
  });

  test("a decline is remembered and the same intent can still be paid", async () => {
    const { clientSecret, publishableKey } = await open("declined");
    await till.confirm(clientSecret, publishableKey, "pm_card_chargeDeclined");
    await eventually(
      () => payment("declined"),
      (found) => found?.error?.code === "card_declined",
    );
    await till.confirm(clientSecret, publishableKey);
    await reaches("declined", "succeeded");
  });

  test("closing cancels the intent before it says closed, and a payment never opened is closed for good", async () => {
    const { clientSecret, publishableKey } = await open("closed");
    expect(await close("closed")).toBe("closed");
    expect(await till.confirm(clientSecret, publishableKey)).toMatchObject({
      error: { code: "payment_intent_unexpected_state" },
    });
    expect(await close("never")).toBe("closed");
    for (const order of ["closed", "never"]) expect(await refusal(open(order))).toBe("ORDER_CLOSED");
  });

  test("closing and confirming at once: either paid or closed, and the provider agrees", async () => {
    for (let n = 0; n < 8; n++) {
      const order = `race${n}`;
      const { clientSecret, publishableKey } = await open(order);
      const [confirmed, outcome] = await Promise.all([till.confirm(clientSecret, publishableKey), close(order)]);
      expect([outcome, confirmed.status]).toEqual(outcome === "paid" ? ["paid", "succeeded"] : ["closed", undefined]);
    }
  });

  test("a refund asked for many times gives the money back once", async () => {
    const order = await paid();
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => refund(order).catch(() => refund(order))));
    expect(new Set(outcomes)).toEqual(new Set(["succeeded"]));
    await reaches(order, "refunded");
    expect(await refund("nothing-was-paid")).toBe("none");
  });

  test("a refund that the bank delays is pending, and the sweeper finds its end", async () => {
    const order = await paid("pm_card_pendingRefund");
    expect(await refund(order)).toBe("pending");
    await reaches(order, "refunded");
  });

  test("a payment whose webhook is lost is found by asking the provider", async () => {
    const { clientSecret, publishableKey } = await open("lost");
    const service = shop.broker.getLocalService("payments") as unknown as { hint: unknown; sweep(): Promise<void> };
    const { hint } = service;
    service.hint = async () => {};
    await till.confirm(clientSecret, publishableKey);
    skew += 60_000;
    await service.sweep();
    service.hint = hint;
    await reaches("lost", "succeeded");
  });

  test("a forged webhook is refused", async () => {
    expect(await refusal(call("webhook", { body: "{}", signature: "t=1,v1=00" }))).toBe("BAD_SIGNATURE");
  });
});
