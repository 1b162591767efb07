import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { testBroker } from "../../tests/broker.ts";
import type { Collection, CollectionSpec, Doc } from "./collection.ts";
import { EmbeddedCollection, type EmbeddedOptions } from "./nedb.ts";
import { Db } from "./db.ts";

interface Thing extends Doc {
  slot?: string;
  n?: number;
  text?: string;
}

const spec: CollectionSpec = {
  name: "things",
  schema: Type.Object({ slot: Type.String(), n: Type.Integer(), text: Type.String() }),
  indexes: [{ field: "slot", unique: true, sparse: true }],
  durable: true,
};

let dir: string;
let file: string;
let said: string[];
let opened: EmbeddedCollection<Thing>[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-"));
  file = join(dir, "things.db");
  said = [];
  opened = [];
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const collection of opened) await collection.close();
  rmSync(dir, { recursive: true, force: true });
});

async function opening(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedCollection<Thing>> {
  const note = (...words: unknown[]) => void said.push(words.join(" "));
  const onFatal = (error: Error) => note("fatal", error.message);
  const collection = new EmbeddedCollection<Thing>(spec, {
    file,
    logger: { info: note, warn: note },
    onFatal,
    ...options,
  });
  await collection.open();
  opened.push(collection);
  return collection;
}

/** Node does not export the class of its file handles; a disk that is slow or full is played there. */
async function disk(): Promise<FileHandle> {
  const probe = await open(join(dir, "probe"), "w");
  await probe.close();
  return Object.getPrototypeOf(probe) as FileHandle;
}

test("kill -9 amid durable writes loses none that was acknowledged", async () => {
  const script = `
    import { writeSync } from "node:fs";
    import { EmbeddedCollection } from ${JSON.stringify(join(import.meta.dirname, "nedb.ts"))};
    const spec = { name: "things", schema: { properties: { slot: {}, n: {} } }, indexes: [{ field: "slot", unique: true, sparse: true }], durable: true };
    const db = new EmbeddedCollection(spec, { file: process.argv[1], logger: console, onFatal: console.error });
    await db.open();
    const write = async (n) => {
      await db.insert({ _id: "t" + n, slot: "s" + n });
      await db.claim({ _id: "t" + n }, { $set: { n } });
      writeSync(1, n + "\\n");
    };
    for (let n = 0; n < 1000; n += 20) await Promise.all(Array.from({ length: 20 }, (_, at) => write(n + at)));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (acknowledged.push(Number(line)) === 300) child.kill("SIGKILL");
  }
  if (child.signalCode === null) await once(child, "exit");
  expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  expect(acknowledged.length).toBeLessThan(1000);
  const db = await opening();
  for (const n of acknowledged) expect(await db.get(`t${n}`)).toEqual({ _id: `t${n}`, slot: `s${n}`, n });
});

test("a torn last line is dropped and said; what was whole is there", async () => {
  const first = await opening();
  await first.insertMany([{ _id: "a", slot: "s" }, { _id: "b" }, { _id: "gone" }]);
  await first.remove({ _id: "gone" });
  await first.close();
  appendFileSync(file, '{"_id":"c","slot":"to');
  const db = await opening();
  expect(said).toEqual([`${file}: the last line was torn by a crash; its 21 bytes are dropped`]);
  expect(await db.find({}, { sort: "_id" })).toEqual([{ _id: "a", slot: "s" }, { _id: "b" }]);
  await db.insert({ _id: "c" });
  expect(readFileSync(file, "utf8")).toMatch(/\{"_id":"c"\}\n$/);
});

test.each([
  ["a line that is no JSON", '{"_id":"a"}\n{"_id":"b\n{"_id":"c"}\n', "corrupt in line 2"],
  ["a line that is no document", '{"_id":"a"}\n42\n', "corrupt in line 2"],
  ["two documents with one unique key", '{"_id":"a","slot":"s"}\n{"_id":"b","slot":"s"}\n', "unique index with b"],
])("%s stops the start in clear words, and is left as it is", async (_, content, words) => {
  const world = testBroker({
    dir,
    services: [{ name: "things", mixins: [Db<Thing>(spec)] }],
    env: { LOGLEVEL: "fatal" },
  });
  writeFileSync(file, content);
  const error = (await world.broker.start().catch((reason: unknown) => reason)) as Error;
  expect(error.message).toContain(words);
  expect(error.message).toContain(file);
  expect(readFileSync(file, "utf8")).toBe(content);
  await world.stop();
});

test("when the disk fails nothing is acknowledged or shown any more, and the broker ends the process once", async () => {
  const service: ServiceSchema = { name: "things", mixins: [Db<Thing>(spec)] };
  const world = testBroker({ dir, services: [service] });
  const fatal = jest.spyOn(world.broker, "fatal").mockImplementation(() => {});
  await world.broker.start();
  const { db } = world.broker.getLocalService("things") as unknown as { db: Collection<Thing> };
  await db.insert({ _id: "kept" });
  jest.spyOn(await disk(), "datasync").mockRejectedValueOnce(new Error("EIO: i/o error"));
  const writes = [db.insert({ _id: "a" }), db.insert({ _id: "b" }), db.claim({ _id: "kept" }, { $set: { n: 1 } })];
  const reads = [db.get("kept"), db.find({}), db.count({}), db.findOne({ _id: "none" }), db.insert({ _id: "kept" })];
  for (const outcome of await Promise.allSettled([...writes, ...reads])) expect(outcome.status).toBe("rejected");
  await expect(db.insert({ _id: "later" })).rejects.toThrow("Nothing more is accepted");
  await expect(db.get("kept")).rejects.toThrow("EIO");
  await expect(db.remove({ _id: "none" })).rejects.toThrow("EIO");
  expect(fatal).toHaveBeenCalledTimes(1);
  expect(fatal.mock.calls[0]![0]).toMatch(/things\.db cannot be written: EIO/);
  await world.stop();
});

test("a reader, and a rival who lost, wait for the disk: nobody sees what a power cut could take back", async () => {
  const db = await opening();
  await db.insert({ _id: "a" });
  const gate = Promise.withResolvers<void>();
  jest.spyOn(await disk(), "datasync").mockImplementation(() => gate.promise);
  let answers = 0;
  const asked = [
    db.claim({ _id: "a" }, { $set: { slot: "s" } }),
    db.claim({ slot: "free", _id: "a" }, { $set: { n: 1 } }),
    db.get("a"),
    db.findOne({ slot: "s" }),
    db.find({}),
    db.count({ slot: "s" }),
    db.insert({ _id: "b", slot: "s" }),
    db.insert({ _id: "a" }),
    db.remove({ slot: "none" }),
  ].map((answer) => (answer as Promise<unknown>).finally(() => answers++));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(answers).toBe(0);
  expect(readFileSync(file, "utf8")).toContain('"slot":"s"');
  gate.resolve();
  const after = { _id: "a", slot: "s" };
  expect(await Promise.all(asked)).toEqual([after, null, after, after, [after], 1, false, false, 0]);
});

test("the file is compacted while writes go on, and none of them is lost", async () => {
  const compactAbove = 200_000;
  const db = await opening({ compactAbove });
  await db.insertMany(Array.from({ length: 50 }, (_, at) => ({ _id: `t${at}`, n: 0, text: "x".repeat(500) })));
  await db.remove({ _id: "t7" });
  for (let n = 1; n <= 40; n++) {
    const claims = Array.from({ length: 49 }, (_, at) =>
      db.claim({ _id: `t${at < 7 ? at : at + 1}` }, { $inc: { n: 1 } }),
    );
    expect((await Promise.all(claims)).every((doc) => doc?.n === n)).toBe(true);
  }
  await db.close();
  const compactions = said.filter((line) => line.includes("compacted from"));
  expect(compactions.length).toBeGreaterThanOrEqual(2);
  expect(statSync(file).size).toBeLessThan(3 * compactAbove);
  expect(existsSync(`${file}~`)).toBe(false);
  const again = await opening();
  expect(await again.count({ n: 40 })).toBe(49);
  expect(await again.get("t7")).toBeNull();
});

test("a compaction that fails is said, and the shop goes on", async () => {
  const db = await opening({ compactAbove: 1000 });
  jest.spyOn(await disk(), "sync").mockRejectedValueOnce(new Error("ENOSPC"));
  await db.insert({ _id: "a", text: "x".repeat(2000) });
  await db.insert({ _id: "b" });
  await db.close();
  expect(said).toEqual([expect.stringContaining("not compacted")]);
  expect(await (await opening()).count({})).toBe(2);
});

test("many documents go in piece by piece: others have their turn in between", async () => {
  const db = await opening();
  let turns = 0;
  const count = () => void (turns++, (counting = setImmediate(count)));
  let counting = setImmediate(count);
  expect(await db.insertMany(Array.from({ length: 20_000 }, (_, at) => ({ _id: `t${at}`, slot: `s${at}` })))).toBe(
    20_000,
  );
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(19);
  expect(await db.find({ slot: { $gte: "s1999" } }, { limit: 3 })).toMatchObject(
    ["s1999", "s19990", "s19991"].map((slot) => ({ slot })),
  );
});
