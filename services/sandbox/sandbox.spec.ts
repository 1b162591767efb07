import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Stripe from "stripe";
import { jsonOf, keys, refusal, scratch, startSandbox, type Sandbox } from "./sandbox.harness.ts";

/** What holds for every request: errors, keys, repetition. */

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

describe("errors", () => {
  test("name the parameter that is wrong", async () => {
    const wrong = async (fields: Record<string, string>) => {
      const reply = await sandbox.post("/v1/payment_intents", { amount: "1500", currency: "eur", ...fields });
      return { status: reply.status, ...(await jsonOf(reply)).error };
    };
    const error = { status: 400, type: "invalid_request_error" };
    expect(await wrong({ amount: "ten" })).toMatchObject({
      ...error,
      code: "parameter_invalid_integer",
      param: "amount",
    });
    expect(await wrong({ amount: "49" })).toMatchObject({ ...error, code: "amount_too_small", param: "amount" });
    expect(await wrong({ amount: "100000000" })).toMatchObject({ ...error, code: "amount_too_large", param: "amount" });
    expect(await wrong({ currency: "" })).toMatchObject({
      ...error,
      code: "parameter_invalid_empty",
      param: "currency",
    });
    expect(await wrong({ currency: "xyz" })).toMatchObject({ ...error, param: "currency" });
    expect(await wrong({ colour: "red" })).toMatchObject({ ...error, code: "parameter_unknown", param: "colour" });
    expect(await wrong({ "metadata[a][b]": "c" })).toMatchObject({ ...error, param: "metadata[a]" });
    expect(await wrong({ "metadata[a": "c" })).toMatchObject({ ...error, param: "metadata[a" });
    expect(await wrong({ "metadata[__proto__]": "c" })).toMatchObject({ status: 200 });
    expect(await wrong({ payment_method: "pm_nobody" })).toMatchObject({
      ...error,
      code: "resource_missing",
      param: "payment_method",
    });
    expect(await wrong({ return_url: "javascript:alert(1)" })).toMatchObject({
      ...error,
      code: "url_invalid",
      param: "return_url",
    });
    const missing = await sandbox.post("/v1/payment_intents", { currency: "eur" });
    expect((await jsonOf(missing)).error).toMatchObject({
      type: "invalid_request_error",
      code: "parameter_missing",
      param: "amount",
    });
  });

  test("say what is not there", async () => {
    for (const call of [
      stripe.paymentIntents.retrieve("pi_nobody"),
      stripe.refunds.retrieve("re_nobody"),
      stripe.events.retrieve("evt_nobody"),
    ]) {
      expect(await refusal(call)).toMatchObject({
        statusCode: 404,
        code: "resource_missing",
        type: "StripeInvalidRequestError",
      });
    }
    const error = await refusal(stripe.customers.list());
    expect(error).toMatchObject({ statusCode: 404, type: "StripeInvalidRequestError" });
    expect(error.message).toContain("Unrecognized request URL (GET: /v1/customers)");
  });

  test("keep out who has no key", async () => {
    const reply = (headers: Record<string, string>) => fetch(`${sandbox.url}/v1/events`, { headers });
    expect((await reply({})).status).toBe(401);
    expect((await reply({ authorization: "Bearer sk_test_wrong" })).status).toBe(401);
    expect((await reply({ authorization: `Basic ${btoa(`${keys.secretKey}:`)}` })).status).toBe(200);
    const error = await refusal(
      new Stripe("sk_test_wrong", {
        host: "127.0.0.1",
        port: new URL(sandbox.url).port,
        protocol: "http",
      }).events.list(),
    );
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  });
});

describe("a browser", () => {
  test("confirms with the publishable key and the client secret, and sees no more than it should", async () => {
    const { id, client_secret } = await sandbox.create({ metadata: { order: "o3" } });
    const confirm = `/v1/payment_intents/${id}/confirm`;
    const method = { payment_method: "pm_card_visa" };
    expect(await sandbox.browse(confirm, method)).toMatchObject({
      status: 400,
      body: { error: { code: "parameter_missing" } },
    });
    expect(await sandbox.browse(confirm, { ...method, client_secret: `${id}_secret_guess` })).toMatchObject({
      status: 400,
    });
    const declined = await sandbox.browse(confirm, {
      payment_method: "pm_card_chargeDeclined",
      client_secret: client_secret!,
    });
    expect(declined).toMatchObject({ status: 402, body: { error: { code: "card_declined", payment_intent: { id } } } });
    const { status, body } = await sandbox.browse(confirm, { ...method, client_secret: client_secret! });
    expect({ status, body }).toMatchObject({ status: 200, body: { id, status: "succeeded" } });
    for (const shown of [body, declined.body.error.payment_intent]) expect(shown).not.toHaveProperty("metadata");
    const query = new URLSearchParams({ client_secret: client_secret!, key: keys.publishableKey });
    expect(await (await fetch(`${sandbox.url}/v1/payment_intents/${id}?${query}`)).json()).toEqual(body);
  });

  test("may do nothing else", async () => {
    const { id, client_secret } = await sandbox.create();
    for (const path of ["/v1/payment_intents", `/v1/payment_intents/${id}/cancel`, "/v1/refunds"]) {
      const reply = await sandbox.browse(path, { client_secret: client_secret! });
      expect(reply).toMatchObject({ status: 403, body: { error: { code: "secret_key_required" } } });
    }
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: "requires_payment_method" });
  });
});

describe("an Idempotency-Key", () => {
  const params = { amount: 2000, currency: "eur", metadata: { order: "o5" } };

  test("replays the first reply, however often and however late", async () => {
    const options = { idempotencyKey: "replayed" };
    const first = await stripe.paymentIntents.create(params, options);
    await stripe.paymentIntents.cancel(first.id);
    const again = await stripe.paymentIntents.create(params, options);
    expect(again).toEqual(first);
    expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
    expect(again.lastResponse.headers).toMatchObject({
      "idempotent-replayed": "true",
      "original-request": first.lastResponse.requestId,
    });
  });

  test("refuses another request", async () => {
    const options = { idempotencyKey: "taken" };
    const [one, other] = [await stripe.paymentIntents.create(params, options), await sandbox.create()];
    await stripe.paymentIntents.cancel(one.id, {}, { idempotencyKey: "cancel" });
    for (const call of [
      stripe.paymentIntents.create({ ...params, amount: 2001 }, options),
      stripe.paymentIntents.cancel(one.id, {}, options),
      stripe.paymentIntents.cancel(other.id, {}, { idempotencyKey: "cancel" }),
    ]) {
      const error = await refusal(call);
      expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
      expect(error.statusCode).toBe(400);
    }
  });

  test("remembers a decline, but not a request that was wrong", async () => {
    const { id } = await sandbox.create();
    const decline = () =>
      refusal(
        stripe.paymentIntents.confirm(id, { payment_method: "pm_card_chargeDeclined" }, { idempotencyKey: "declined" }),
      );
    const [first, again] = [await decline(), await decline()];
    expect(again.headers).toMatchObject({ "idempotent-replayed": "true" });
    expect([again.statusCode, again.charge]).toEqual([402, first.charge]);

    const options = { idempotencyKey: "wrong first" };
    expect(await refusal(stripe.paymentIntents.create({ ...params, amount: 1 }, options))).toMatchObject({
      statusCode: 400,
    });
    expect((await stripe.paymentIntents.create(params, options)).amount).toBe(2000);
  });

  test("is in use while its first request has no reply", async () => {
    await sandbox.setFaults({ api: { delayMs: 50 } });
    const calls = [1, 2, 3].map(() => stripe.paymentIntents.create(params, { idempotencyKey: "busy" }));
    const settled = await Promise.allSettled(calls);
    await sandbox.setFaults({});
    expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
    for (const outcome of settled) {
      if (outcome.status === "rejected")
        expect(outcome.reason).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    }
    const patient = new Stripe(keys.secretKey, {
      host: "127.0.0.1",
      port: new URL(sandbox.url).port,
      protocol: "http",
      maxNetworkRetries: 2,
    });
    await sandbox.setFaults({ api: { delayMs: 50 } });
    const [one, two] = await Promise.all(
      [1, 2].map(() => patient.paymentIntents.create(params, { idempotencyKey: "busy again" })),
    );
    await sandbox.setFaults({});
    expect(one).toEqual(two);
  });
});
