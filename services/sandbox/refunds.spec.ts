import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type Stripe from "stripe";
import { refusal, scratch, startSandbox, until, type Sandbox } from "./sandbox.harness.ts";

/** Money given back, at once, later, or in vain. */

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

describe("refunds", () => {
  test("give all that is left back, once", async () => {
    const { id, latest_charge } = await sandbox.paid();
    const part = await stripe.refunds.create({ payment_intent: id, amount: 500, metadata: { order: "o4" } });
    expect(part).toMatchObject({
      object: "refund",
      status: "succeeded",
      amount: 500,
      currency: "eur",
      charge: latest_charge,
      payment_intent: id,
    });
    expect(await refusal(stripe.refunds.create({ payment_intent: id, amount: 1001 }))).toMatchObject({
      statusCode: 400,
      param: "amount",
    });
    const rest = await stripe.refunds.create({ charge: latest_charge as string, reason: "requested_by_customer" });
    expect(rest).toMatchObject({ amount: 1000, reason: "requested_by_customer" });
    expect(await refusal(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      statusCode: 400,
      code: "charge_already_refunded",
    });
    expect(await stripe.charges.retrieve(latest_charge as string)).toMatchObject({
      refunded: true,
      amount_refunded: 1500,
    });
    const other = await stripe.refunds.create({ payment_intent: (await sandbox.paid()).id });
    expect((await stripe.refunds.list({ payment_intent: id })).data.map((refund) => refund.id)).toEqual([
      rest.id,
      part.id,
    ]);
    expect((await stripe.refunds.list({ limit: 1 })).data[0]).toEqual(other);
    expect(await stripe.refunds.retrieve(part.id)).toEqual(part);
    expect(await refusal(stripe.refunds.create({}))).toMatchObject({ code: "parameter_missing" });
    expect(await refusal(stripe.refunds.create({ payment_intent: (await sandbox.create()).id }))).toMatchObject({
      statusCode: 400,
    });
  });

  test("can be pending first, or fail afterwards", async () => {
    const [slow, doomed] = await Promise.all([
      sandbox.paid("pm_card_pendingRefund"),
      sandbox.paid("pm_card_refundFail"),
    ]);
    const pending = await stripe.refunds.create({ payment_intent: slow.id });
    const failing = await stripe.refunds.create({ payment_intent: doomed.id });
    expect([pending.status, failing.status]).toEqual(["pending", "succeeded"]);
    const statusOf = async ({ id }: Stripe.Refund) => (await stripe.refunds.retrieve(id)).status;
    await until(async () => (await statusOf(pending)) === "succeeded" && (await statusOf(failing)) === "failed");
    expect(await stripe.charges.retrieve(doomed.latest_charge as string)).toMatchObject({
      refunded: false,
      amount_refunded: 0,
    });
    await until(() => sandbox.hooksOf(failing.id).length === 3 && sandbox.hooksOf(pending.id).length === 2);
    expect(sandbox.hooksOf(pending.id)).toEqual(["refund.created", "refund.updated"]);
    expect(sandbox.hooksOf(failing.id).toSorted()).toEqual(["refund.created", "refund.failed", "refund.updated"]);
  });
});
