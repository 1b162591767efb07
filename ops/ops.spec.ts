import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { Bus } from "../mixins/bus/bus.ts";
import type { Explanation } from "../services/audit/audit.contract.ts";
import { describeWith } from "../tests/broker.ts";
import { person } from "../tests/people.ts";
import { nats } from "../tests/servers.ts";
import { eventually } from "../tests/till.ts";
import { completions } from "./complete.ts";
import { connect, opsNode } from "./node.ts";
import type { Node } from "./operation.ts";
import { give, OpsShop } from "./ops.harness.ts";

const ADMIN = person("adm", ["admin"]);

/** The commands at some node of a shop: its own process, or another one. */
function commands(env: () => Record<string, string>, nodeOf: (shop: OpsShop) => Promise<ServiceBroker>): void {
  let shop: OpsShop;
  let node: ServiceBroker;
  let poisoned = true;
  const handled: string[] = [];

  beforeAll(async () => {
    const poison = {
      name: "poison",
      mixins: [Bus({ backoff: [10] })],
      subscriptions: {
        "order.fulfilled": {
          mode: "group",
          async handler({ data }: { data: { id: string } }) {
            if (poisoned) throw new TypeError("not for gus@example.com");
            handled.push(data.id);
          },
        },
      },
    };
    shop = await OpsShop.start(env(), [poison as never]);
    node = await nodeOf(shop);
  });
  afterAll(async () => {
    if (node !== shop.world.broker) await node.stop();
    await shop.stop();
  });

  const explanation = async (id: string): Promise<Explanation> => {
    const { code, out } = await give(node, `orders explain ${id} --json`);
    expect(code).toBe(0);
    return JSON.parse(out);
  };
  const steps = ({ events }: Explanation) => events.map(({ service, what }) => `${service}: ${what}`);
  const letters = async () => JSON.parse((await give(node, "dead list --json")).out) as { rows: { id: string }[] };
  /** An order that was paid for, and the one dead letter of it. */
  const fulfilled = async () => {
    const id = await shop.reserve(2);
    const secret = await shop.pay(id);
    await shop.reaches(id, "fulfilled");
    return { id, secret };
  };

  test("a fulfilled order is explained step by step: provider calls and webhooks with their times, what comes next", async () => {
    const { id, secret } = await fulfilled();
    const done = await eventually(
      () => explanation(id),
      (one) => steps(one).filter((step) => step === "webhook: payment_intent.succeeded").length === 2,
    );
    const known = steps(done);
    for (const step of [
      ...["orders: created", "inventory: asked to hold", "inventory: every line is held", "orders: order.reserved"],
      ...["payments: payment open", "provider: create, attempt 1", "payments: payment", "provider: retrieve"],
      ...["webhook: payment_intent.succeeded", "payments: payment succeeded", "orders: order.paid"],
      ...["delivery: granted", "orders: order.fulfilled"],
    ])
      expect(known).toContain(step);
    const order = ["orders: created", "orders: order.reserved", "payments: payment succeeded", "delivery: granted"];
    expect(order.map((step) => known.indexOf(step))).toEqual(
      order.map((step) => known.indexOf(step)).toSorted((a, b) => a - b),
    );
    const call = done.events.find(({ what }) => what === "create, attempt 1")!;
    expect(call.detail).toMatch(/^pi_\w+ requires_payment_method \(\d+ ms\)$/);
    expect(done.units.map(({ state }) => state)).toEqual(["sold", "sold"]);
    expect([done.waitsFor, done.next]).toEqual([expect.stringMatching(/it rests/), []]);

    const { out } = await give(node, `orders explain ${id}`);
    expect(out).toMatch(/FULFILLED +24\.00 €/);
    expect(out).toMatch(/\d\d:\d\d:\d\d\.\d{3} +\+\d.* orders +order\.fulfilled/);
    for (const text of [out, JSON.stringify(done)]) expect(text).not.toContain(secret.split("_secret_")[1]);
  });

  test("an expired one: closed before it was freed, and by whom it was driven; a guest's e-mail is masked", async () => {
    const delayed = async () => JSON.parse((await give(node, "queue --json")).out).delayed as number;
    const before = await delayed();
    const id = await shop.reserve(1, "gus@example.com");
    // A wake-up that is queued after the clock was put forward would run at once, before the sweeper.
    await eventually(delayed, (now) => now > before);
    expect((await explanation(id)).waitsFor).toMatch(/has not begun to pay/);
    const held = await give(node, "holds");
    expect(held.out).toMatch(new RegExp(`${shop.item} +#\\d+ +${id} +guest +.*in \\d+ min`));
    await shop.quiet("orders");
    shop.skew += 901_000;
    const swept = await give(node, "sweep orders --yes --operator bo");
    expect(swept.out).toMatch(/orders +[1-9]\n/);
    await shop.reaches(id, "expired");
    const over = await explanation(id);
    expect(steps(over)).toEqual([
      ...["orders: created", "inventory: asked to hold", "inventory: every line is held", "orders: order.reserved"],
      ...["orders: order.closing", "payments: payment closing", "payments: payment cancelled", "inventory: released"],
      ...["inventory: it is confirmed that nothing is held", "orders: order.expired"],
    ]);
    expect(over.order.email).toBe("g***@example.com");
    for (const line of [`orders explain ${id}`, "orders list", "orders list --json"])
      expect((await give(node, line)).out).not.toContain("gus@");
  });

  test("a refunded one, and the stock that is not on sale any more", async () => {
    const { id } = await fulfilled();
    await shop.call("orders.refund", { id, reason: "asked by eve@example.com" }, ADMIN);
    await shop.reaches(id, "refunded");
    const over = await explanation(id);
    const known = steps(over);
    for (const step of [
      ...["orders: order.refunding", "delivery: revoked", "payments: payment refunding", "provider: refund, attempt 1"],
      ...["payments: payment refunded", "inventory: released", "orders: order.refunded"],
    ])
      expect(known).toContain(step);
    expect(over.waitsFor).toMatch(/it is over/);
    expect(JSON.stringify(over)).toContain("asked by e***@example.com");
    const { out } = await give(node, `stock ${shop.item}`);
    expect(out).toMatch(/18 copies: 16 free, 0 held, 2 sold/);
    expect(out).toMatch(new RegExp(`#\\d+ +retired +${id} `));
  });

  test("a dead letter: seen, shown, replayed once it is mended, or dropped; each asks, and leaves a record", async () => {
    const before = await eventually(letters, ({ rows }) => rows.length === 2);
    const [first, second] = before.rows.map(({ id }) => id) as [string, string];
    const shown = await give(node, `dead show ${first}`);
    expect(shown.out).toMatch(/poison gave order\.fulfilled up after 2 attempts/);
    expect(shown.out).toMatch(/TypeError: not for g\*\*\*@example\.com/);
    const order = /orders explain (\w+)/.exec(shown.out)![1]!;

    const refused = await give(node, `dead replay ${first}`);
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/no terminal to ask at: say --yes/)]);
    const declined = await give(node, `dead replay ${first}`, { answer: false });
    expect(declined).toMatchObject({ code: 1, err: "Nothing was done.\n" });
    expect(declined.asked).toEqual([`Publish the fact of dead letter ${first} again? (y/N) `]);
    expect((await letters()).rows).toHaveLength(2);

    poisoned = false;
    expect(await give(node, `dead replay ${first}`, { answer: true })).toMatchObject({ code: 0 });
    await eventually(
      async () => handled,
      (ids) => ids.length === 1,
    );
    expect(handled).toEqual([order]);
    expect(await give(node, `dead drop ${second} --yes --operator bo`)).toMatchObject({ code: 0 });
    expect((await give(node, "dead list")).out).toBe("No dead letters.\n");
    const gone = await give(node, `dead drop ${second} --yes`);
    expect([gone.code, gone.err]).toEqual([1, expect.stringMatching(/nothing of that name/)]);

    const { rows } = JSON.parse((await give(node, "audit records --json")).out);
    expect(
      rows.map(({ operator, command, target, outcome }: Record<string, string>) => [
        operator,
        command,
        target,
        outcome,
      ]),
    ).toEqual([
      ["bo", "dead drop", second, "done"],
      ["alice", "dead replay", first, "done"],
      ["bo", "sweep", "orders", "done"],
    ]);
    expect(steps(await explanation(order))).toContain(`operator: dead replay ${first}`);
    expect((await give(node, `audit records --order ${order}`)).out).toMatch(/alice +dead replay/);
  });

  test("the books agree; a document that breaks an invariant is named, and the exit code tells", async () => {
    expect(await give(node, "audit")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The books agree: 3 orders/),
    });
    const { db } = shop.world.broker.getLocalService("orders") as unknown as {
      db: { find(query: object): Promise<{ _id: string }[]>; claim(query: object, update: object): Promise<unknown> };
    };
    const [{ _id }] = (await db.find({ state: "fulfilled" })) as [{ _id: string }];
    await db.claim({ _id }, { $set: { total: 1 } });
    const found = await give(node, "audit");
    expect([found.code, found.out]).toEqual([
      1,
      expect.stringMatching(new RegExp(`orders +${_id} +a total is the sum`)),
    ]);
    await db.claim({ _id }, { $set: { total: 2400 } });
  });

  test("orders by state, wake-ups, and words that fit nothing", async () => {
    const { rows, total } = JSON.parse((await give(node, "orders list --state fulfilled --limit 1 --json")).out);
    expect([rows.length, total, rows[0].state]).toEqual([1, 1, "fulfilled"]);
    expect((await give(node, "orders list --state paid")).out).toBe("No orders are paid.\n");
    expect((await give(node, "queue")).out).toMatch(/NOT DUE YET +DUE +RUNNING +GIVEN UP\n/);
    for (const [line, words] of [
      ["orders list --state lost", /--state should be one of reserving/],
      ["orders explain nobody", /nothing of that name/],
      ["stock nothing", /nothing of that name/],
      ["sweep kitchen --yes", /There is: orders, payments/],
      ["dead repaly 1", /There is: dead list, dead show, dead replay, dead drop/],
      ["order list", /There is: orders, holds/],
    ] as const)
      expect(await give(node, line)).toMatchObject({ code: 1, out: "", err: expect.stringMatching(words) });
    expect((await give(node, "dead")).out).toMatch(/dead drop <id> .*\(asks\)[\s\S]*Examples/);
  });

  test("completion knows verbs, flags, states and the ids of the shop", async () => {
    const complete = (line: string) => completions(line, node as unknown as Node);
    expect(await complete("or")).toBeNull();
    expect(await complete("call orders")).toBeNull();
    expect(await complete("orders ")).toEqual(["orders list", "orders explain"]);
    expect(await complete("orders list --st")).toEqual(["orders list --state"]);
    expect(await complete("orders list --state re")).toContain("orders list --state refunded");
    expect(await complete("orders explain ")).toHaveLength(3);
    expect(await complete("stock ")).toEqual([`stock ${shop.item}`]);
    expect(await complete("sweep in")).toEqual(["sweep inbox", "sweep inventory"]);
  });
}

describe("the operators' commands in one process", () => {
  commands(
    () => ({}),
    async (shop) => shop.world.broker,
  );
});

describeWith(nats, "the operators' commands from a bare node over NATS", (server) => {
  commands(
    () => ({ NATS_URL: server().url }),
    async (shop) => {
      const broker = opsNode({ NATS_URL: server().url, NAMESPACE: shop.world.config.NAMESPACE });
      await connect(broker);
      return broker;
    },
  );
});
