import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { openJournal, readLines, type Journal, type JournalOptions } from "./journal.ts";

let dir: string;
let file: string;
let opened: Journal[];
/** Node does not export the class of its file handles; a disk that is slow or full is played there. */
let disk: FileHandle;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-"));
  file = join(dir, "sub", "things.log");
  opened = [];
  const probe = await open(join(dir, "probe"), "w");
  disk = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const journal of opened) await journal.close();
  rmSync(dir, { recursive: true, force: true });
});

const unexpected = (...words: unknown[]) => {
  throw new Error(words.join(" "));
};

async function journalOf(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await openJournal(file, { durable: true, onFatal: unexpected, onTorn: unexpected, ...options });
  opened.push(journal);
  return journal;
}

const content = () => readFileSync(file, "utf8");
const sequence = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `line ${from + at}\n`);

/** Holds `fdatasync` back until it is let through, and counts it. */
function slowDisk() {
  const gate = Promise.withResolvers<void>();
  const datasync = disk.datasync;
  const syncs = jest.spyOn(disk, "datasync").mockImplementation(async function (this: FileHandle) {
    await gate.promise;
    return datasync.call(this);
  });
  return { syncs, letThrough: gate.resolve };
}

/** Whether a promise is settled once everything has happened that could happen by itself. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => (settled = true)).catch(() => {});
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  return settled;
}

test("keeps the order, gathers what comes together, and makes the folder", async () => {
  const syncs = jest.spyOn(disk, "datasync");
  const journal = await journalOf();
  await Promise.all(sequence(0, 500).map((line) => journal.append(line)));
  expect(content()).toBe(sequence(0, 500).join(""));
  expect(journal.size).toBe(content().length);
  const afterSomeSteps = async (line: string, at: number) => {
    for (let step = 0; step < at; step++) await Promise.resolve();
    await journal.append(line);
  };
  await Promise.all(sequence(500, 600).map(afterSomeSteps));
  expect(content()).toBe(sequence(0, 600).join(""));
  expect(syncs).toHaveBeenCalledTimes(2);
});

test("durable: neither an append nor `settled` resolves before fdatasync; one more sync serves all who came meanwhile", async () => {
  const journal = await journalOf();
  const { syncs, letThrough } = slowDisk();
  const first = journal.append("first\n");
  const seen = journal.settled();
  expect(await isSettled(first)).toBe(false);
  expect(content()).toBe("first\n");
  const later = sequence(0, 50).map((line) => journal.append(line));
  expect(await isSettled(seen)).toBe(false);
  letThrough();
  await Promise.all([first, seen, ...later]);
  expect(syncs).toHaveBeenCalledTimes(2);
});

test("not durable: resolves when written, without fdatasync", async () => {
  const journal = await journalOf({ durable: false });
  const { syncs } = slowDisk();
  await journal.append("written\n");
  expect(content()).toBe("written\n");
  expect(syncs).not.toHaveBeenCalled();
});

test("a torn last line is dropped and said; whole lines stay, and the next ones follow them", async () => {
  const long = "x".repeat(600_000);
  const first = await journalOf();
  await first.append("whole\n");
  await first.close();
  appendFileSync(file, `torn ${long}`);
  const torn = jest.fn();
  const journal = await journalOf({ onTorn: torn });
  expect(torn.mock.calls).toEqual([[file, long.length + 5]]);
  await journal.append("next\n");
  expect(content()).toBe("whole\nnext\n");
});

test("a file that holds nothing but a torn line is empty", async () => {
  const first = await journalOf();
  await first.close();
  writeFileSync(file, "torn");
  const journal = await journalOf({ onTorn: jest.fn() });
  expect([journal.size, content()]).toEqual([0, ""]);
});

test("reads lines across chunks, and ends them at a line feed alone", async () => {
  const lines = ["", "ü".repeat(300_000), "a\u2028b\u2029c\rd", "€".repeat(200_001), "last"];
  const journal = await journalOf();
  await journal.append(`${lines.join("\n")}\n`);
  const read: string[] = [];
  for await (const line of readLines(file)) read.push(line);
  expect(read).toEqual(lines);
});

test.each(["write", "datasync"] as const)(
  "after a failed %s nothing is acknowledged, nothing accepted, and it is said once",
  async (operation) => {
    const onFatal = jest.fn<(error: Error) => void>();
    const journal = await journalOf({ onFatal });
    await journal.append("kept\n");
    jest.spyOn(disk, operation).mockRejectedValueOnce(new Error("ENOSPC: no space left on device"));
    const lost = journal.append("lost\n");
    const outcomes = await Promise.allSettled([lost, journal.settled(), lost.catch(() => journal.append("later\n"))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(journal.append("later\n")).rejects.toThrow("Nothing more is accepted");
    await expect(journal.settled()).rejects.toThrow("ENOSPC");
    await expect(journal.rewrite([])).rejects.toThrow("ENOSPC");
    expect(onFatal).toHaveBeenCalledTimes(1);
    expect(onFatal.mock.calls[0]![0].message).toMatch(/things\.log cannot be written: ENOSPC/);
    expect(content()).not.toContain("later");
  },
);

test("a short write is carried on, not taken for a whole one", async () => {
  const journal = await journalOf();
  const write = disk.write as (bytes: Buffer, offset: number, length?: number) => Promise<{ bytesWritten: number }>;
  jest.spyOn(disk, "write").mockImplementation(function (this: FileHandle, bytes: Buffer, offset: number) {
    return write.call(this, bytes, offset, Math.min(3, bytes.length - offset));
  } as never);
  await journal.append("a longer line\n");
  expect(content()).toBe("a longer line\n");
});

test("a rewrite replaces the content; what is appended meanwhile follows it, once, and is kept all along", async () => {
  const journal = await journalOf();
  await Promise.all(sequence(0, 100).map((line) => journal.append(line)));
  const waiting = journal.append("in the snapshot\n");
  const meanwhile: Promise<void>[] = [];
  const rewritten = journal.rewrite(
    (function* () {
      for (let at = 0; at < 60_000; at++) {
        if (at % 600 === 0) meanwhile.push(journal.append(`meanwhile ${at / 600}\n`));
        yield `snapshot ${at}\n`;
      }
    })(),
  );
  await expect(journal.rewrite([])).rejects.toThrow("already");
  await Promise.all([waiting, rewritten, ...meanwhile]);
  await journal.append("after\n");
  const lines = content().trimEnd().split("\n");
  expect(lines).toHaveLength(60_000 + 100 + 1);
  expect(lines.slice(59_999, 60_003)).toEqual(["snapshot 59999", "meanwhile 0", "meanwhile 1", "meanwhile 2"]);
  expect(lines.slice(-2)).toEqual(["meanwhile 99", "after"]);
  expect(journal.size).toBe(content().length);
  expect(existsSync(`${file}~`)).toBe(false);
});

test("what waits for its commit when a rewrite takes over is kept once", async () => {
  const journal = await journalOf();
  const { letThrough } = slowDisk();
  const before = journal.append("before\n");
  const rewritten = journal.rewrite(["snapshot\n"]);
  expect(await isSettled(rewritten)).toBe(false);
  const waiting = journal.append("waiting\n");
  letThrough();
  await Promise.all([before, rewritten, waiting]);
  expect(content()).toBe("snapshot\nwaiting\n");
  expect(journal.size).toBe(content().length);
});

test("a rewrite that fails leaves the old content and a journal that goes on", async () => {
  const journal = await journalOf();
  await journal.append("old\n");
  const failing = function* () {
    yield "new\n";
    throw new Error("no");
  };
  await expect(journal.rewrite(failing())).rejects.toThrow("no");
  await journal.append("and on\n");
  expect(content()).toBe("old\nand on\n");
  expect(existsSync(`${file}~`)).toBe(false);
});

test("what a crash left of a rewrite is cleared away", async () => {
  await (await journalOf()).append("old\n");
  writeFileSync(`${file}~`, "half");
  await journalOf();
  expect([content(), existsSync(`${file}~`)]).toEqual(["old\n", false]);
});

test("closing waits for what is under way and refuses what comes later", async () => {
  const journal = await journalOf();
  const last = journal.append("last\n");
  const rewritten = journal.rewrite(["anew\n"]);
  await journal.close();
  expect([content(), existsSync(`${file}~`)]).toEqual(["anew\n", false]);
  await Promise.all([last, rewritten]);
  await expect(journal.append("late\n")).rejects.toThrow("closed");
});
