import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Stripe from "stripe";
import { PUBLIC_URL, refusal, scratch, startSandbox, type Sandbox } from "./sandbox.harness.ts";

/** Payments, by the `stripe` package and by the page of 3-D Secure. */

const { dir, remove } = scratch();
let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  sandbox = await startSandbox({ dir });
  stripe = sandbox.stripe;
});
afterAll(async () => {
  await sandbox.stop();
  remove();
});

describe("PaymentIntents", () => {
  test("are created as Stripe creates them", async () => {
    const intent = await sandbox.create({ metadata: { shop: "s1", order: "o1" }, description: "Two copies" });
    expect(intent).toMatchObject({
      object: "payment_intent",
      livemode: false,
      status: "requires_payment_method",
      amount: 1500,
      amount_received: 0,
      currency: "eur",
      metadata: { shop: "s1", order: "o1" },
      payment_method_types: ["card"],
      last_payment_error: null,
      latest_charge: null,
      next_action: null,
      canceled_at: null,
      cancellation_reason: null,
    });
    expect(intent.id).toMatch(/^pi_\w+$/);
    expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_\\w+$`));
    expect(Math.abs(intent.created - Date.now() / 1000)).toBeLessThan(5);
    expect(intent.lastResponse.requestId).toMatch(/^req_\w+$/);
    expect(await stripe.paymentIntents.retrieve(intent.id)).toEqual(intent);
  });

  test("succeed, and their charge can be expanded", async () => {
    const { id } = await sandbox.create({ metadata: { order: "o2" } });
    const intent = await stripe.paymentIntents.confirm(id, {
      payment_method: "pm_card_mastercard",
      expand: ["latest_charge"],
    });
    expect(intent).toMatchObject({ status: "succeeded", amount_received: 1500, payment_method: "pm_card_mastercard" });
    const charge = intent.latest_charge as Stripe.Charge;
    expect(charge).toMatchObject({
      object: "charge",
      status: "succeeded",
      captured: true,
      amount: 1500,
      payment_intent: id,
      metadata: { order: "o2" },
    });
    expect(charge.payment_method_details?.card).toMatchObject({ brand: "mastercard", last4: "4444" });
    expect(await stripe.charges.retrieve(charge.id, { expand: ["payment_intent"] })).toMatchObject({
      payment_intent: { id, status: "succeeded" },
    });
    expect(await refusal(stripe.paymentIntents.retrieve(id, { expand: ["customer"] }))).toMatchObject({
      statusCode: 400,
    });
  });

  test.each([
    ["pm_card_chargeDeclined", "card_declined", "generic_decline"],
    ["pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"],
    ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"],
  ])("are declined by %s, and can be paid with another card", async (method, code, decline_code) => {
    const { id } = await sandbox.create();
    const error = await refusal(stripe.paymentIntents.confirm(id, { payment_method: method }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({ statusCode: 402, code, decline_code, charge: expect.stringMatching(/^ch_/) });
    expect(error.payment_intent).toMatchObject({ id, status: "requires_payment_method", payment_method: null });
    const declined = await stripe.paymentIntents.retrieve(id);
    expect(declined).toEqual(error.payment_intent);
    expect(declined.last_payment_error).toMatchObject({
      type: "card_error",
      code,
      decline_code,
      payment_method: { id: method },
    });
    expect(await refusal(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ statusCode: 400 });

    const again = await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_amex" });
    expect(again).toMatchObject({ status: "succeeded", last_payment_error: null });
  });

  test("cannot be confirmed or canceled in the wrong state, and the error carries them", async () => {
    const done = await sandbox.paid();
    const canceled = await stripe.paymentIntents.cancel((await sandbox.create()).id, {
      cancellation_reason: "abandoned",
    });
    expect(canceled).toMatchObject({
      status: "canceled",
      cancellation_reason: "abandoned",
      canceled_at: expect.any(Number),
    });
    const confirm = (id: string) => stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" });
    for (const [intent, call] of [
      [done, confirm(done.id)],
      [done, stripe.paymentIntents.cancel(done.id)],
      [canceled, confirm(canceled.id)],
      [canceled, stripe.paymentIntents.cancel(canceled.id)],
    ] as const) {
      const error = await refusal(call);
      expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
      expect(error).toMatchObject({
        statusCode: 400,
        code: "payment_intent_unexpected_state",
        payment_intent: { id: intent.id, status: intent.status },
      });
    }
    expect(await refusal(stripe.paymentIntents.confirm((await sandbox.create()).id))).toMatchObject({
      code: "payment_intent_unexpected_state",
    });
  });

  test("are confirmed or canceled when both race, never both and never neither", async () => {
    await sandbox.setFaults({ api: { delayMs: [0, 15] } });
    const fates = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const { id } = await sandbox.create();
        const rivals = [
          stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" }),
          stripe.paymentIntents.cancel(id),
        ];
        const won = (await Promise.allSettled(rivals)).filter(({ status }) => status === "fulfilled");
        expect(won).toHaveLength(1);
        const { status, latest_charge } = await stripe.paymentIntents.retrieve(id);
        expect(won[0]).toMatchObject({ value: { status, latest_charge } });
        expect(latest_charge !== null).toBe(status === "succeeded");
        return status;
      }),
    );
    await sandbox.setFaults({});
    expect(new Set(fates)).toEqual(new Set(["succeeded", "canceled"]));
  });

  test("are listed newest first, by pages and by time", async () => {
    const made = [];
    for (let n = 0; n < 5; n++) made.unshift((await sandbox.create({ metadata: { n: String(n) } })).id);
    const first = await stripe.paymentIntents.list({ limit: 2 });
    expect(first).toMatchObject({ object: "list", url: "/v1/payment_intents", has_more: true });
    expect(first.data.map(({ id }) => id)).toEqual(made.slice(0, 2));
    const second = await stripe.paymentIntents.list({ limit: 2, starting_after: made[1]! });
    expect(second.data.map(({ id }) => id)).toEqual(made.slice(2, 4));
    const back = await stripe.paymentIntents.list({ limit: 3, ending_before: made[3]! });
    expect(back.data.map(({ id }) => id)).toEqual(made.slice(0, 3));
    const { created } = await stripe.paymentIntents.retrieve(made[0]!);
    expect((await stripe.paymentIntents.list({ created: { gt: created + 10 } })).data).toEqual([]);
    expect(
      (await stripe.paymentIntents.list({ created: { gte: created - 60, lt: created + 10 }, limit: 100 })).data[0]!.id,
    ).toBe(made[0]);
    expect(await refusal(stripe.paymentIntents.list({ starting_after: "pi_nobody" }))).toMatchObject({
      code: "resource_missing",
    });
  });
});

describe("3-D Secure", () => {
  const challenge = async (return_url?: string) => {
    const intent = await sandbox.paid("pm_card_threeDSecure2Required", return_url ? { return_url } : {});
    expect(intent).toMatchObject({
      status: "requires_action",
      next_action: { type: "redirect_to_url", redirect_to_url: { return_url: return_url ?? null } },
    });
    return {
      id: intent.id,
      secret: intent.client_secret!,
      url: intent.next_action!.redirect_to_url!.url!.slice(PUBLIC_URL.length),
    };
  };
  const answer = (url: string, result: string) => sandbox.post(url, { result }, { authorization: "" });

  test("is a page with two buttons that leads back to the shop", async () => {
    const { id, secret, url } = await challenge("https://shop.example/checkout?step=2");
    const page = await fetch(sandbox.url + url);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const buttons = [...(await page.text()).matchAll(/<button name="result" value="(\w+)">/g)].map(
      ([, value]) => value,
    );
    expect(buttons).toEqual(["succeeded", "failed"]);
    expect((await answer(url, "perhaps")).status).toBe(400);
    for (const repeated of ["succeeded", "failed"]) {
      const back = await answer(url, repeated);
      expect(back.status).toBe(303);
      expect(back.headers.get("location")).toBe(
        `https://shop.example/checkout?step=2&payment_intent=${id}&payment_intent_client_secret=${secret}&redirect_status=succeeded`,
      );
    }
    const intent = await stripe.paymentIntents.retrieve(id, { expand: ["latest_charge"] });
    expect(intent).toMatchObject({ status: "succeeded", next_action: null });
    expect((intent.latest_charge as Stripe.Charge).payment_method_details?.card?.three_d_secure?.result).toBe(
      "authenticated",
    );
  });

  test("fails, and the payment can be tried again; an old link decides nothing", async () => {
    const { id, url } = await challenge();
    const end = await answer(url, "failed");
    expect(end.status).toBe(200);
    expect(await end.text()).toContain("Authentication failed");
    const failed = await stripe.paymentIntents.retrieve(id);
    expect(failed).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: "payment_intent_authentication_failure" },
    });
    await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_threeDSecure2Required" });
    expect((await answer(url, "succeeded")).status).toBe(404);
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: "requires_action" });
    expect(await stripe.paymentIntents.cancel(id)).toMatchObject({ status: "canceled", next_action: null });
  });

  test("passed on a canceled intent, charges nobody", async () => {
    const { id, url } = await challenge("https://shop.example/");
    await stripe.paymentIntents.cancel(id);
    expect((await answer(url, "succeeded")).headers.get("location")).toContain("redirect_status=failed");
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: "canceled", latest_charge: null });
  });
});
