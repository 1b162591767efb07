import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { s3, type Recipe } from "../../cluster/recipes.ts";
import { LocalServer } from "../../cluster/servers.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { troublesOf } from "../../core/trouble.ts";
import { testBroker, type TestBroker } from "../../tests/broker.ts";
import {
  Bucket,
  DAY,
  filesUnder,
  hasty,
  holder,
  holding,
  large,
  MEGABYTE,
  sha,
  until,
  type Holder,
} from "../../tests/files.ts";
import { skipped } from "../../tests/servers.ts";

const stream = (bytes: Buffer | string = text) => Readable.from([Buffer.from(bytes)]);
const text = "The quick brown fox";

// Servers that die and come back take their time on a busy machine.
jest.setTimeout(90_000);

const found = s3.find();
const reason = typeof found === "string" ? found : undefined;
if (reason) skipped("an object store that is hurt", reason);
const block = reason ? describe.skip : describe;

/** What the server alone shows: what files promise in both places is in files.spec.ts. */
block("an object store that is hurt", () => {
  let server: LocalServer;
  let bucket: Bucket;
  let dir: string;
  const running: TestBroker[] = [];

  const launch = (recipe: Recipe = s3) => LocalServer.start(recipe, { dir: join(dir, "server") });
  const env = (more: object = {}) => ({ S3_URL: bucket.url, LOGLEVEL: "fatal", ...more });
  const hold = async (more: object = {}, runtime = systemRuntime()): Promise<Holder> => {
    const shop = await holding({ env: env(more), runtime });
    running.push(shop);
    return shop;
  };
  /** Started, without waiting for it. */
  const starting = (more: object = {}) => {
    const shop = testBroker({ env: env(more), runtime: hasty(), services: [holder] });
    running.push(shop);
    const state = { started: false };
    shop.broker.start().then(
      () => (state.started = true),
      () => {},
    );
    return { state, said: () => troublesOf(shop.broker).lines.join("\n") };
  };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "holdfast-"));
    server = await launch();
    bucket = new Bucket(server.url);
  });
  afterEach(async () => {
    for (const shop of running.splice(0)) await shop.stop();
    await server.kill();
    rmSync(dir, { recursive: true, force: true });
  });

  test("a start waits for the store, and makes the bucket", async () => {
    await server.kill();
    const { state, said } = starting();
    await until(() => said());
    expect(said()).toBe(`S3_URL: no server answers at ${new URL(server.url).host}`);
    expect(state.started).toBe(false);
    await server.start();
    await until(() => state.started);
    expect([said(), await bucket.keys()]).toEqual(["", []]);
  });

  test("what is wrong with the keys or the bucket is said, without the keys", async () => {
    const { host, pathname } = new URL(bucket.url);
    for (const [keys, line] of [
      ["holdfast:another-secret", `S3_URL: the server at ${host} refuses these credentials`],
      ["nobody:another-secret", `S3_URL: the server at ${host} cannot be used: No user exists with`],
    ]) {
      const { state, said } = starting({ S3_URL: `http://${keys}@${host}${pathname}` });
      await until(() => said());
      expect([said().startsWith(line!), state.started]).toEqual([true, false]);
      expect(said()).not.toContain("another-secret");
    }
    await server.kill();
    const readonly: Recipe = {
      ...s3,
      find: () => {
        const plan = s3.find();
        return typeof plan === "string" ? plan : { ...plan, env: { ...plan.env, VGW_READ_ONLY: "true" } };
      },
    };
    server = await launch(readonly);
    bucket = new Bucket(server.url);
    const { state, said } = starting();
    await until(() => said());
    expect(said()).toMatch(/: there is no bucket holdfast-[0-9a-f]+, and it cannot be made: AccessDenied/);
    expect(state.started).toBe(false);
  });

  test("while it is away everything is to be tried again; nothing has to be restarted", async () => {
    const { files, broker, dir: data } = await hold();
    const { blob } = await files.put(stream());
    await server.kill();
    const away = { type: "TRY_AGAIN", code: 503 };
    await expect(files.stat(blob)).rejects.toMatchObject(away);
    await expect(files.open(blob)).rejects.toMatchObject(away);
    await expect(files.put(stream())).rejects.toMatchObject(away);
    await expect(files.remove(blob)).rejects.toMatchObject(away);
    expect(troublesOf(broker).lines).toEqual([expect.stringMatching(/^S3_URL: no server answers/)]);
    expect(filesUnder(data)).toEqual([]);
    await server.start();
    expect(String(await buffer(await files.open(blob)))).toBe(text);
    expect(troublesOf(broker).lines).toEqual([]);
    // Without its bucket a file is not missing: the store is.
    rmSync(join(dir, "server", new URL(bucket.url).pathname), { recursive: true });
    await expect(files.stat(blob)).rejects.toMatchObject(away);
    await expect(files.put(stream())).rejects.toMatchObject(away);
  });

  test("a download outlives the death of the store, and its silence; without end it does not wait", async () => {
    const { files } = await hold({}, hasty());
    const bytes = large(24);
    const { blob } = await files.put(stream(bytes));
    const read = async (hurt: () => Promise<unknown>) => {
      const chunks: Buffer[] = [];
      for await (const chunk of await files.open(blob, { start: 1 })) {
        if (chunks.push(chunk as Buffer) === 3) await hurt();
      }
      return sha(Buffer.concat(chunks));
    };
    const whole = sha(bytes.subarray(1));
    expect(await read(() => server.kill().then(() => server.start()))).toBe(whole);
    let woken: NodeJS.Timeout | undefined;
    const silence = async () => {
      server.pause();
      woken = setTimeout(() => server.resume(), 3000);
    };
    expect(await read(silence)).toBe(whole);
    clearTimeout(woken);
    await expect(read(() => server.kill())).rejects.toMatchObject({ type: "TRY_AGAIN" });
  });

  test("an upload that the store cut off leaves nothing that stays, and can be repeated", async () => {
    const shop = await hold();
    const bytes = large(64);
    const sent = shop.files.put(stream(bytes)).catch((error: { type: string }) => error.type);
    await until(() => bucket.unfinished());
    await server.kill();
    expect(await sent).toBe("TRY_AGAIN");
    expect(filesUnder(shop.dir)).toEqual([]);
    await server.start();
    expect([await bucket.keys(), await bucket.unfinished()]).toEqual([[], 1]);
    await shop.files.tidy();
    expect(await bucket.unfinished()).toBe(1);
    await hold({}, hasty(DAY));
    expect(await bucket.unfinished()).toBe(0);
    const { blob } = await shop.files.put(stream(bytes));
    expect(sha(await buffer(await shop.files.open(blob)))).toBe(sha(bytes));
  });

  test("slow readers do not keep others out", async () => {
    const { files } = await hold();
    const { blob } = await files.put(stream(Buffer.alloc(4 * MEGABYTE)));
    const slow = await Promise.all(Array.from({ length: 80 }, () => files.open(blob)));
    expect(await files.stat(blob)).toEqual({ size: 4 * MEGABYTE });
    expect(sha(await buffer(await files.open(blob)))).toBe(blob);
    for (const one of slow) one.destroy();
  });

  test("two that share it have each other's files, also when both bring the same at once", async () => {
    const [one, two] = [await hold(), await hold()];
    const bytes = large(12);
    const stored = await Promise.all([one, two, one, two].map(({ files }) => files.put(stream(bytes))));
    expect(new Set(stored.map(({ blob }) => blob))).toEqual(new Set([sha(bytes)]));
    expect([await bucket.keys(), await bucket.unfinished()]).toEqual([[sha(bytes)], 0]);
    const { blob } = await one.files.put(stream());
    expect(String(await buffer(await two.files.open(blob)))).toBe(text);
    await two.files.remove(blob);
    expect(await one.files.stat(blob)).toBeNull();
  });
});
