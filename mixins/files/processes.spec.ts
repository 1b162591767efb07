import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describeWith } from "../../tests/broker.ts";
import { Bucket, DAY, filesUnder, hasty, holding, large, MEGABYTE, until } from "../../tests/files.ts";
import { s3 } from "../../tests/servers.ts";

const CHILD = new URL("../../tests/files.child.ts", import.meta.url).pathname;
const SECRETS = { JWT_SECRET: "a secret that only tests know, 32+", DATA_KEY: "00".repeat(32) };

describeWith(s3, "processes on one object store", (server) => {
  let dir: string;
  let bucket: Bucket;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "holdfast-"));
    bucket = new Bucket(server().url);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null && !child.signalCode) await kill(child);
    rmSync(dir, { recursive: true, force: true });
  });

  const launch = async (data: string) => {
    const env = { PATH: process.env["PATH"], S3_URL: bucket.url, DATA_DIR: join(dir, data), LOGLEVEL: "fatal" };
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD], {
      env: { ...env, ...SECRETS },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    children.push(child);
    const [port] = (await once(child, "message")) as [number];
    return { child, port };
  };
  const kill = async (child: ChildProcess) => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const ask = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  const peak = async ({ port }: { port: number }) => Number(await (await ask(port, "/peak")).text());

  test("one that is killed while it takes a file in leaves nothing that stays", async () => {
    const bytes = large(64);
    const spooled = () => filesUnder(join(dir, "data")).length;
    const send = (port: number) => request({ port, method: "PUT" }).on("error", () => {});
    const early = await launch("data");
    send(early.port).write(bytes.subarray(0, 5 * MEGABYTE));
    await until(() => spooled() === 1);
    await kill(early.child);
    const late = await launch("data");
    send(late.port).end(bytes);
    await until(() => bucket.unfinished());
    await kill(late.child);
    expect([spooled(), await bucket.keys(), await bucket.unfinished()]).toEqual([2, [], 1]);
    const shop = await holding({ env: { S3_URL: bucket.url }, dir: join(dir, "data"), runtime: hasty(DAY) });
    expect([spooled(), await bucket.unfinished()]).toEqual([0, 0]);
    await shop.stop();
  }, 90_000);

  test("200 MB go in by one and out by another, in little memory", async () => {
    const [one, two] = await Promise.all([launch("one"), launch("two")]);
    const before = [await peak(one), await peak(two)];
    const sent = createHash("sha256");
    const chunks = function* () {
      for (let n = 0; n < 200; n++) {
        const chunk = large(1);
        sent.update(chunk);
        yield chunk;
      }
    };
    const put = request({ port: one.port, method: "PUT" });
    Readable.from(chunks()).pipe(put);
    const [res] = (await once(put, "response")) as [IncomingMessage];
    const blob = await text(res);
    const link = await (await ask(one.port, `/${blob}`)).text();
    const given = createHash("sha256");
    for await (const chunk of (await ask(two.port, link)).body!) given.update(chunk);
    const sum = sent.digest("hex");
    expect([blob, given.digest("hex")]).toEqual([sum, sum]);
    expect((await peak(one)) - before[0]!).toBeLessThan(120 * MEGABYTE);
    expect((await peak(two)) - before[1]!).toBeLessThan(120 * MEGABYTE);
  }, 180_000);
});
