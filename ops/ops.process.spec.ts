import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { describeWith } from "../tests/broker.ts";
import { nats } from "../tests/servers.ts";
import { Shop } from "../tests/shop.ts";
import { freePort } from "../cluster/servers.ts";

const MAIN = join(import.meta.dirname, "main.ts");

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** `npm run ops -- …` without npm, by somebody without a terminal. */
async function ops(line: string, env: Record<string, string>): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...line.split(" ").filter(Boolean)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...{ PATH: process.env["PATH"], HOME: process.env["HOME"], OPERATOR: "carol" },
      ...{ NODE_OPTIONS: "--disable-warning=ExperimentalWarning", ...env },
    },
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

describeWith(nats, "npm run ops at a running shop of processes", (server) => {
  let env: { NATS_URL: string; NAMESPACE: string };
  let shop: Shop;
  let second: Shop;

  beforeAll(async () => {
    env = { NATS_URL: server().url, NAMESPACE: `ops-${randomUUID().slice(0, 8)}` };
    shop = await Shop.start({ env });
    second = await Shop.start({ env, services: "expiration" });
  }, 90_000);
  afterAll(async () => {
    await second?.stop();
    await shop?.stop();
  });

  test("a command as words is done, and its exit code tells", async () => {
    const seller = await shop.client().signUp("Sella");
    const { id: item } = await seller.sell({ stock: 2, title: "A \u001b[31mred\u001b[0m thing" });
    const buyer = await shop.client().signUp("Buya");
    const order = await buyer.ok(buyer.buy(item));
    await buyer.pay(order.id);
    await buyer.reaches(order.id, ["fulfilled"]);

    const [explained, json, lost] = await Promise.all([
      ops(`orders explain ${order.id}`, env),
      ops("orders list --json", env),
      ops("orders explain nobody", env),
    ]);
    expect(explained).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/order\.fulfilled/) });
    expect(explained.out).not.toContain("\u001b");
    expect(json.code).toBe(0);
    expect(JSON.parse(json.out).rows.map(({ id }: { id: string }) => id)).toEqual([order.id]);
    expect(lost).toMatchObject({ code: 1, out: "", err: "orders explain nobody: there is nothing of that name.\n" });
  }, 120_000);

  test("what changes something is refused without a terminal and without --yes, and names its operator with it", async () => {
    expect(await ops("sweep", env)).toMatchObject({ code: 1, err: expect.stringMatching(/say --yes/) });
    expect(await ops("sweep --yes", env)).toMatchObject({ code: 0, out: expect.stringMatching(/orders +\d+\n/) });
    const { out } = await ops("audit records --json", env);
    expect(JSON.parse(out).rows).toMatchObject([{ operator: "carol", command: "sweep", outcome: "done" }]);
  }, 120_000);

  test("a drained node ends by itself with exit code 0; another one serves on, and the record says who did it", async () => {
    const metrics = await ops("drain nobody --yes", env);
    const known = metrics.err.match(/[\w.-]+/g)!;
    const node = known.find((word) => word.endsWith(`-${second.pid}`))!;
    const drained = await ops(`drain ${node} --yes --operator dave`, env);
    expect(drained).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`${node} ended after`)) });
    expect(drained.out).toMatch(/expiration +1\n/);
    expect(await second.ended).toBe(0);
    expect(await ops("queue", env)).toMatchObject({ code: 0 });
    const { out } = await ops("audit records --json", env);
    expect(JSON.parse(out).rows[0]).toMatchObject({
      operator: "dave",
      command: "drain",
      target: node,
      outcome: "done",
    });
    expect((await fetch(`${shop.url}/ready`)).status).toBe(200);
  }, 120_000);

  test("says what to set where nothing is found, and where no shop is seen", async () => {
    const nowhere = `nats://127.0.0.1:${await freePort()}`;
    const [unset, away, empty, help] = await Promise.all([
      ops("holds", {}),
      ops("holds", { NATS_URL: nowhere }),
      ops("holds", { NATS_URL: env.NATS_URL, NAMESPACE: "nobody-here" }),
      ops("help", {}),
    ]);
    expect(unset).toMatchObject({ code: 1, err: expect.stringMatching(/^NATS_URL is not set/) });
    expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/NATS at 127\.0\.0\.1:\d+ does not answer/) });
    expect(empty).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no shop is seen in the namespace nobody-here/),
    });
    expect(help).toMatchObject({ code: 0, out: expect.stringMatching(/orders explain <id>/) });
  }, 120_000);
});
