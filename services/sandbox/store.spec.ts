import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { appendFileSync, copyFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { refusal, scratch, startSandbox, until, type Sandbox } from "./sandbox.harness.ts";

/** What the sandbox knows outlives its process. */

const DAY = 24 * 3600 * 1000;
const running = new Set<Sandbox>();
let folder = scratch();

beforeEach(() => {
  folder = scratch();
});
afterEach(async () => {
  for (const sandbox of running) await stop(sandbox);
  folder.remove();
});

async function start({ dir = folder.dir, now = () => Date.now(), shop = { status: 200 } } = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ dir, runtime: { now }, shop });
  running.add(sandbox);
  return sandbox;
}

async function stop(sandbox: Sandbox): Promise<void> {
  running.delete(sandbox);
  await sandbox.stop();
}

/** All that the API shows. */
async function everything({ stripe }: Sandbox) {
  const [intents, refunds, events] = await Promise.all([
    stripe.paymentIntents.list({ limit: 100, expand: ["data.latest_charge"] }),
    stripe.refunds.list({ limit: 100 }),
    stripe.events.list({ limit: 100 }),
  ]);
  return { intents: intents.data, refunds: refunds.data, events: events.data };
}

async function trade(sandbox: Sandbox) {
  const params = { amount: 1500, currency: "eur", metadata: { order: "o1" } };
  const first = await sandbox.stripe.paymentIntents.create(params, { idempotencyKey: "first" });
  await sandbox.stripe.paymentIntents.cancel(first.id);
  await refusal(sandbox.paid("pm_card_chargeDeclined"));
  const paid = await sandbox
    .paid("pm_card_threeDSecure2Required")
    .then(({ id }) => sandbox.stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" }));
  await sandbox.stripe.refunds.create({ payment_intent: paid.id, amount: 100 });
  return { first, params, paid };
}

test("a reply tells of nothing that is not on the disk", async () => {
  const sandbox = await start();
  const journal = () => readFileSync(join(folder.dir, "sandbox.log"), "utf8");
  const made = Array.from({ length: 30 }, () => sandbox.create().then(({ id }) => journal().includes(id)));
  expect(await Promise.all(made)).not.toContain(false);
});

describe("after a restart", () => {
  test("everything is as it was at the last reply, whatever killed the process", async () => {
    const before = await start();
    const { first, params, paid } = await trade(before);
    await until(async () => (await everything(before)).events.every(({ pending_webhooks }) => pending_webhooks === 0));
    await before.setFaults({ api: { delayMs: 1 } });
    const expected = await everything(before);
    // A kill leaves the journal as it lies there now, perhaps with the beginning of a line that nobody was told of.
    const killed = scratch();
    copyFileSync(join(folder.dir, "sandbox.log"), join(killed.dir, "sandbox.log"));
    appendFileSync(join(killed.dir, "sandbox.log"), '{"put":[{"object":"payment_int');

    const after = await start({ dir: killed.dir });
    expect(await everything(after)).toEqual(expected);
    const again = await after.stripe.paymentIntents.create(params, { idempotencyKey: "first" });
    expect(again).toEqual(first);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect((await after.stripe.refunds.list({ payment_intent: paid.id })).data).toHaveLength(1);
    expect((await after.setFaults({})).status).toBe(200);
    expect(after.hooks).toEqual([]);
    await stop(after);
    killed.remove();
  });

  test("webhooks that the shop never took are sent, and refunds under way go on", async () => {
    const before = await start();
    before.shop.status = 500;
    const { id } = await before.paid("pm_card_pendingRefund");
    const refund = await before.stripe.refunds.create({ payment_intent: id });
    expect(refund.status).toBe("pending");
    await stop(before);

    const after = await start();
    await until(() => after.hooksOf(refund.id).includes("refund.updated"));
    expect(after.hooksOf(id).toSorted()).toEqual(["payment_intent.created", "payment_intent.succeeded"]);
    expect((await after.stripe.refunds.retrieve(refund.id)).status).toBe("succeeded");
  });

  test("a journal that grew large is short again, and says the same", async () => {
    const before = await start();
    const { first, params } = await trade(before);
    await until(async () => (await everything(before)).events.every(({ pending_webhooks }) => pending_webhooks === 0));
    before.shop.status = 500;
    const unsent = await before.create();
    const expected = await everything(before);
    await stop(before);
    const file = join(folder.dir, "sandbox.log");
    const small = statSync(file).size;
    appendFileSync(file, `${JSON.stringify({ delivered: ["evt_of_long_ago".padEnd(1000)] })}\n`.repeat(17_000));

    // The second start reads what the first one wrote.
    await stop(await start({ shop: { status: 500 } }));
    expect(statSync(file).size).toBeLessThan(2 * small);
    const after = await start();
    await until(() => after.hooksOf(unsent.id).length === 1);
    await until(async () => (await everything(after)).events.every(({ pending_webhooks }) => pending_webhooks === 0));
    const settled = expected.events.map((event) => ({ ...event, pending_webhooks: 0 }));
    expect(await everything(after)).toEqual({ ...expected, events: settled });
    expect(await after.stripe.paymentIntents.create(params, { idempotencyKey: "first" })).toEqual(first);
  });

  test("keys are forgotten after a day and events after thirty, objects never", async () => {
    const before = await start();
    const { first, params } = await trade(before);
    await stop(before);
    const nextDay = await start({ now: () => Date.now() + DAY + 1000 });
    const anew = await nextDay.stripe.paymentIntents.create(params, { idempotencyKey: "first" });
    expect(anew.id).not.toBe(first.id);
    expect((await everything(nextDay)).events.length).toBeGreaterThan(5);
    await stop(nextDay);
    const nextMonth = await start({ now: () => Date.now() + 30 * DAY + 1000 });
    expect((await everything(nextMonth)).events.map(({ data }) => (data.object as { id?: string }).id)).toEqual([
      anew.id,
    ]);
    expect((await everything(nextMonth)).intents).toHaveLength(4);
  });

  test("a line that is no line is not passed over in silence", async () => {
    const before = await start();
    await before.create();
    await stop(before);
    const file = join(folder.dir, "sandbox.log");
    const lines = readFileSync(file, "utf8");
    appendFileSync(file, `scribble\n${lines}`);
    await expect(start()).rejects.toThrow(/sandbox\.log:\d+ is not a line/);
  });
});
