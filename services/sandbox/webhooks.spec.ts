import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import Stripe from "stripe";
import { jsonOf, keys, refusal, scratch, startSandbox, until, type Sandbox } from "./sandbox.harness.ts";

/** Events, how they reach the shop, and what can be made to go wrong. */

const { dir, remove } = scratch();
let sandbox: Sandbox;
let stripe: Stripe;
/** What the sandbox throws when it throws dice. */
let dice = 0.9;
/** Ends the sleeps of requests that hang. */
let wake: (() => void)[] = [];

const sleep = (ms: number) =>
  new Promise<void>((resolve) => (ms < 60_000 ? setTimeout(resolve, ms) : wake.push(resolve)));

beforeAll(async () => {
  sandbox = await startSandbox({ dir, runtime: { random: () => dice, sleep } });
  stripe = sandbox.stripe;
});
afterEach(async () => {
  await sandbox.setFaults({});
  dice = 0.9;
});
afterAll(async () => {
  await sandbox.stop();
  remove();
});

const eventsOf = async (id: string) =>
  (await stripe.events.list({ limit: 100 })).data.filter(({ data }) => (data.object as { id?: string }).id === id);

describe("events", () => {
  test("tell of every change, each with its object as it was", async () => {
    const { id } = await sandbox.create({ metadata: { order: "o1" } });
    const decline = stripe.paymentIntents.confirm(id, { payment_method: "pm_card_chargeDeclined" });
    await refusal(decline);
    await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_threeDSecure2Required" });
    await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" });
    const told = (await eventsOf(id)).toReversed();
    expect(told.map(({ type, data }) => [type, (data.object as Stripe.PaymentIntent).status])).toEqual([
      ["payment_intent.created", "requires_payment_method"],
      ["payment_intent.payment_failed", "requires_payment_method"],
      ["payment_intent.requires_action", "requires_action"],
      ["payment_intent.succeeded", "succeeded"],
    ]);
    expect(told[3]!.data.object).toEqual(await stripe.paymentIntents.retrieve(id));
    const refund = await stripe.refunds.create({ payment_intent: id });
    const types = (await stripe.events.list({ limit: 4 })).data.map(({ type }) => type);
    expect(types).toEqual(["charge.refunded", "refund.created", "payment_intent.succeeded", "charge.succeeded"]);
    await until(() => sandbox.hooksOf(refund.id).length === 1);
  });

  test("are listed by type, by time and by pages", async () => {
    const made = [];
    for (let n = 0; n < 3; n++) made.unshift(await stripe.paymentIntents.cancel((await sandbox.create()).id));
    const canceled = await stripe.events.list({ type: "payment_intent.canceled", limit: 2 });
    expect(canceled).toMatchObject({ object: "list", url: "/v1/events", has_more: true });
    expect(canceled.data.map(({ data }) => data.object)).toEqual(made.slice(0, 2));
    const types = ["payment_intent.canceled", "payment_intent.created"];
    expect((await stripe.events.list({ types, limit: 6 })).data.map(({ type }) => type)).toEqual([
      ...types,
      ...types,
      ...types,
    ]);
    expect((await stripe.events.list({ type: "payment_intent.*", limit: 1 })).data[0]!.id).toBe(canceled.data[0]!.id);

    const all: Stripe.Event[] = [];
    for await (const event of stripe.events.list({ limit: 3 })) all.push(event);
    expect(all.length).toBeGreaterThan(9);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const newer = await stripe.events.list({ ending_before: all[5]!.id, limit: 2 });
    expect(newer.data.map(({ id }) => id)).toEqual([all[3]!.id, all[4]!.id]);
    const { created } = all[0]!;
    expect((await stripe.events.list({ created: { gte: created + 1 } })).data).toEqual([]);
    expect((await stripe.events.list({ created: { gte: created }, limit: 1 })).data[0]!.id).toBe(all[0]!.id);
  });
});

describe("webhooks", () => {
  test("are signed as Stripe signs them", async () => {
    const { id } = await sandbox.paid("pm_card_visa", { metadata: { order: "Größe 1" } });
    await until(() => sandbox.hooksOf(id).length === 2);
    const { body, signature, event } = sandbox.hooks.find(
      ({ event: { type } }) => type === "payment_intent.succeeded",
    )!;
    const verified = stripe.webhooks.constructEvent(body, signature, keys.webhookSecret);
    expect(verified).toMatchObject({
      object: "event",
      livemode: false,
      api_version: Stripe.API_VERSION,
      pending_webhooks: 1,
    });
    expect(() =>
      stripe.webhooks.constructEvent(body.replace("succeeded", "canceled"), signature, keys.webhookSecret),
    ).toThrow();
    await until(async () => (await stripe.events.retrieve(event.id)).pending_webhooks === 0);
    expect({ ...(await stripe.events.retrieve(event.id)), pending_webhooks: 1 }).toEqual(verified);
  });

  test("tell of the enabled types alone, before and after a restart; the list of events has all", async () => {
    const other = scratch();
    const start = () => startSandbox({ dir: other.dir, enabledEvents: ["payment_intent.succeeded"] });
    const before = await start();
    const { id } = await before.paid();
    await until(() => before.hooks.length > 0);
    await before.stop();
    const after = await start();
    const { data } = await after.stripe.events.list();
    expect(data.map(({ type }) => type).toSorted()).toEqual([
      "charge.succeeded",
      "payment_intent.created",
      "payment_intent.succeeded",
    ]);
    const last = await after.paid();
    await until(() => after.hooks.length > 0);
    await after.stop();
    expect([...before.hooksOf(id), ...after.hooksOf(last.id)]).toEqual([
      "payment_intent.succeeded",
      "payment_intent.succeeded",
    ]);
    expect([before.hooks.length, after.hooks.length]).toEqual([1, 1]);
    other.remove();
  });

  test("are sent again until the shop takes them", async () => {
    sandbox.shop.status = 503;
    const { id } = await sandbox.create();
    await until(() => sandbox.hooksOf(id).length === 1);
    sandbox.shop.status = 200;
    await until(() => sandbox.hooksOf(id).length === 2);
    const [first, second] = sandbox.hooks.filter(({ event }) => (event.data.object as { id?: string }).id === id);
    expect(second!.event.id).toBe(first!.event.id);
    expect(second!.signature).not.toBe(first!.signature);
    await until(async () => (await stripe.events.retrieve(first!.event.id)).pending_webhooks === 0);
  });

  test("can be dropped, doubled, delayed and reordered", async () => {
    await sandbox.setFaults({ webhooks: { drop: 1 } });
    const dropped = await sandbox.create();
    await sandbox.setFaults({ webhooks: { duplicate: 1 } });
    const doubled = await sandbox.create();
    await until(() => sandbox.hooksOf(doubled.id).length === 2);

    await sandbox.setFaults({ webhooks: { delayMs: [200, 300] } });
    const delayed = await sandbox.create();
    const since = Date.now();
    await until(() => sandbox.hooksOf(delayed.id).length === 1);
    expect(Date.now() - since).toBeGreaterThan(150);

    await sandbox.setFaults({ webhooks: { reorder: 0.5 } });
    dice = 0.1;
    const held = await sandbox.create();
    dice = 0.9;
    const later = await sandbox.create();
    await until(() => sandbox.hooksOf(held.id).length === 1 && sandbox.hooksOf(later.id).length === 1);
    const order = sandbox.hooks.map(({ event }) => (event.data.object as { id?: string }).id);
    expect(order.indexOf(held.id)).toBeGreaterThan(order.indexOf(later.id));

    expect(sandbox.hooksOf(dropped.id)).toEqual([]);
    expect(await eventsOf(dropped.id)).toMatchObject([{ type: "payment_intent.created" }]);
  });
});

describe("faults of the API", () => {
  test("are set with the secret key alone, and in the right shape", async () => {
    expect(await sandbox.setFaults({ api: { delayMs: 5 } })).toMatchObject({
      status: 200,
      body: { api: { delayMs: [5, 5], error: 0 } },
    });
    const wrong = [
      { api: { error: 2 } },
      { api: { hang: "1" } },
      { webhooks: { delayMs: [5, 1] } },
      { webhook: {} },
      [],
      "{",
    ];
    for (const faults of wrong)
      expect(await sandbox.setFaults(faults)).toMatchObject({
        status: 400,
        body: { error: { type: "invalid_request_error" } },
      });
    const shown = (key: string) =>
      fetch(`${sandbox.url}/v1/test/faults`, { headers: { authorization: `Bearer ${key}` } });
    expect((await shown(keys.publishableKey)).status).toBe(403);
    expect(await jsonOf(await shown(keys.secretKey))).toEqual({
      webhooks: { delayMs: [0, 0], duplicate: 0, drop: 0, reorder: 0 },
      api: { error: 0, hang: 0, delayMs: [5, 5] },
    });
  });

  test("error: a 500 before any effect, and the same one whenever the request is repeated", async () => {
    const { id } = await sandbox.create();
    await sandbox.setFaults({ api: { error: 1 } });
    const cancel = (idempotencyKey: string) => stripe.paymentIntents.cancel(id, {}, { idempotencyKey });
    expect(await refusal(cancel("unlucky"))).toBeInstanceOf(Stripe.errors.StripeAPIError);
    expect(await refusal(stripe.paymentIntents.retrieve(id))).toMatchObject({ statusCode: 500 });
    await sandbox.setFaults({});
    expect(await refusal(cancel("unlucky"))).toMatchObject({
      statusCode: 500,
      headers: { "idempotent-replayed": "true" },
    });
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe("requires_payment_method");
    expect((await cancel("next attempt")).status).toBe("canceled");
  });

  test("hang: no reply, and nobody knows whether it was done", async () => {
    await sandbox.setFaults({ api: { hang: 1 } });
    const hanging: Promise<unknown>[] = [];
    for (const [fate, order] of [
      [0.1, "done"],
      [0.9, "not done"],
    ] as const) {
      dice = fate;
      const impatient = { timeout: 100, idempotencyKey: order };
      const error = await refusal(sandbox.create({ metadata: { order } }, impatient));
      expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    }
    expect(wake).toHaveLength(2);
    await sandbox.setFaults({});
    const orders = (await stripe.paymentIntents.list({ limit: 2 })).data.map(({ metadata }) => metadata["order"]);
    expect(orders[0]).toBe("done");
    expect(orders).not.toContain("not done");
    for (const order of ["done", "not done"])
      hanging.push(sandbox.create({ metadata: { order } }, { idempotencyKey: order }));
    await Promise.all(hanging);
    const after = (await stripe.paymentIntents.list({ limit: 3 })).data.map(({ metadata }) => metadata["order"]);
    expect(after.filter((order) => order?.endsWith("done"))).toEqual(["not done", "done"]);
    for (const resolve of wake.splice(0)) resolve();
  });
});
