import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { KEYS } from "./provider.ts";
import { Shop, type ShopOptions } from "./shop.ts";

const scratch = mkdtempSync(join(tmpdir(), "holdfast-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A start that is not to succeed: its exit code, and every line it wrote. */
async function refused(options: ShopOptions): Promise<{ code: number | null; lines: string[] }> {
  const shop = await Shop.start(options, { ready: false });
  const code = await shop.ended;
  return { code, lines: shop.output.trim().split("\n") };
}

describe("a process that cannot start says why in one line, and ends with exit code 1", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await Shop.start();
  });
  afterAll(() => shop.stop());

  test("its folder is used by another process, which goes on", async () => {
    const line = `DATA_DIR ${shop.dir} is in use by another process: stop that one, or give this one its own folder`;
    expect(await refused({ dir: shop.dir })).toEqual({ code: 1, lines: [line] });
    await shop.client().signUp();
  });

  test("its port is taken, with the gateway or without", async () => {
    const PORT = new URL(shop.url).port;
    const answer = { code: 1, lines: [`PORT ${PORT} is already in use`] };
    expect(await refused({ dir: join(scratch, "a"), env: { PORT } })).toEqual(answer);
    expect(await refused({ dir: join(scratch, "b"), env: { PORT }, services: "audit" })).toEqual(answer);
  });

  test("its folder cannot be made, or its secret is damaged", async () => {
    const file = join(scratch, "file");
    writeFileSync(file, "");
    const below = join(file, "data");
    const words = (call: string) => [`DATA_DIR ${below} cannot be used: ENOTDIR: not a directory, ${call}`];
    expect(await refused({ dir: below })).toEqual({ code: 1, lines: words(`open '${join(below, "jwt-secret")}'`) });
    expect(await refused({ dir: below, env: KEYS })).toEqual({ code: 1, lines: words(`mkdir '${below}'`) });
    const secret = join(scratch, "jwt-secret");
    writeFileSync(secret, "");
    const line = `${secret} should hold 64 hexadecimal digits: restore it from a backup`;
    expect(await refused({ dir: scratch })).toEqual({ code: 1, lines: [line] });
  });

  test("every bad value has a line of its own, and nothing is touched", async () => {
    const dir = join(scratch, "untouched");
    const bad = {
      PORT: "65536",
      HOLD_SECONDS: "0",
      NATS_URL: "localhost:4222",
      MONGO_URL: "http://localhost",
      STRIPE_SECRET_KEY: "pk_live_1",
      JWT_SECRET: "short",
      DATA_KEY: "00ff",
      PUBLIC_URL: "shop.example.com",
      TRUST_PROXY: "yes",
      ADMIN_EMAIL: "admin",
      UPLOAD_MAX_MB: "1.5",
      MAIL_FROM: "the shop",
      RATE_LIMIT: "maybe",
      DEMO_SHOP: "true",
      NAMESPACE: "my shop",
      LOGLEVEL: "loud",
    };
    const { code, lines } = await refused({ dir, env: bad });
    expect(code).toBe(1);
    expect(lines.map((line) => line.split(" should be ")[0])).toEqual(Object.keys(bad));
    expect(lines).toContain("HOLD_SECONDS should be a whole number from 1 to 86400");
    expect(existsSync(dir)).toBe(false);
  });

  test("half of Stripe's keys, and production without its secrets", async () => {
    const dir = join(scratch, "untouched");
    const half = { STRIPE_SECRET_KEY: "sk_test_1", STRIPE_PUBLISHABLE_KEY: "pk_test_1" };
    const together = "STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET go together: all or none";
    expect(await refused({ dir, env: half })).toEqual({ code: 1, lines: [together] });
    const production = { NODE_ENV: "production", CRASH_AT: "orders.paid", STRIPE_API: "http://localhost" };
    expect(await refused({ dir, env: production })).toEqual({
      code: 1,
      lines: [
        "JWT_SECRET is required in production",
        "RATE_LIMIT=off is refused in production",
        "production needs Stripe's keys, or DEMO_SHOP=on to run on the sandbox under a banner",
        "STRIPE_API is refused in production: payments go to Stripe",
        "CRASH_AT is refused in production",
        "DATA_KEY is required in production",
      ],
    });
    expect(existsSync(dir)).toBe(false);
  });
});

test("Ctrl-C while it starts ends it at once", async () => {
  const shop = await Shop.start({ dir: join(scratch, "c"), env: { LOGLEVEL: "debug" } }, { ready: false });
  // Signals are Moleculer's from when the broker is there; before that they end a process as they end any.
  while (!shop.output.includes("'orders' is creating")) await sleep(10);
  expect(await shop.interrupt()).toBe(0);
  expect(shop.output).not.toMatch(/WARN|ERROR|FATAL/);
});
