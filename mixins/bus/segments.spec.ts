import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRuntime } from "../../core/runtime.ts";
import { fact } from "../../tests/bus.ts";
import type { Entry } from "./entry.ts";
import { Segments, type Reader } from "./segments.ts";

const DAY = 86_400_000;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("the log on the disk", () => {
  let folder: string;
  let now: number;
  let torn: number[];
  const opened: Segments[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    now = 1_700_000_000_000;
    torn = [];
  });
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
    rmSync(folder, { recursive: true });
  });

  const open = async (segmentBytes?: number) => {
    const log = await Segments.open({
      folder,
      runtime: { ...systemRuntime(), now: () => now },
      onFatal: (error) => {
        throw error;
      },
      onTorn: (_, bytes) => torn.push(bytes),
      segmentBytes,
    });
    opened.push(log);
    return log;
  };
  const files = () => readdirSync(folder).sort();
  const append = (log: Segments, from: number, to: number) =>
    Promise.all(range(from, to).map((n) => log.append([fact("a", n)])));
  const drain = async (reader: Reader, limit = 100) => {
    const all: Entry[] = [];
    for (let some = await reader.next(limit); some.length; some = await reader.next(limit)) all.push(...some);
    return all;
  };

  test("entries are numbered, and read as they were written, from any place, after a restart too", async () => {
    const first = await open();
    await first.append([fact("a"), fact("b", 7, "order.refunded")]);
    await first.append([fact("c")], "mail");
    await first.close();
    const log = await open();
    expect(log.head).toBe(3);
    await log.append([fact("d")]);
    const all = await drain(log.readAfter(0));
    expect(all.map(({ json, ...entry }) => ({ ...entry, fact: JSON.parse(json) }))).toEqual([
      { seq: 1, id: "order:a:1:0", type: "order.paid", fact: fact("a") },
      { seq: 2, id: "order:b:7:0", type: "order.refunded", fact: fact("b", 7, "order.refunded") },
      { seq: 3, id: "order:c:1:0", type: "order.paid", to: "mail", fact: fact("c") },
      { seq: 4, id: "order:d:1:0", type: "order.paid", fact: fact("d") },
    ]);
    expect((await drain(log.readAfter(2))).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await log.readAfter(4).next(10)).toEqual([]);
  });

  test("a torn last line is dropped and said; what was acknowledged stays", async () => {
    const first = await open();
    await append(first, 1, 3);
    await first.close();
    appendFileSync(join(folder, files()[0]!), '{"seq":4,"at":17');
    const log = await open();
    expect(torn).toEqual([16]);
    await append(log, 4, 4);
    expect((await drain(log.readAfter(0))).map(({ id }) => id)).toEqual(range(1, 4).map((v) => `order:a:${v}:0`));
  });

  test("many segments read as one log; a slow reader goes from the disk to what is in memory without a gap", async () => {
    const log = await open(20_000);
    const reader = log.readAfter(0);
    for (let n = 1; n <= 3000; n += 100) await append(log, n, n + 99);
    const seen: Entry[] = [];
    for (let n = 3001; n <= 3400; n += 40) {
      seen.push(...(await reader.next(170)));
      await append(log, n, n + 39);
    }
    seen.push(...(await drain(reader)));
    expect(seen.map(({ seq }) => seq)).toEqual(range(1, 3400));
    expect(files().length).toBeGreaterThan(10);
    await log.close();
    const again = await open(20_000);
    expect(again.head).toBe(3400);
    expect((await drain(again.readAfter(3390))).map(({ seq }) => seq)).toEqual(range(3391, 3400));
  });

  test("facts are kept for 30 days; segments older than that go, at the start and when a new one begins", async () => {
    const first = await open(1000);
    for (let day = 0; day < 3; day++, now += DAY)
      for (let n = 0; n < 10; n++) await first.append([fact("a", day * 10 + n)]);
    const [oldest] = files();
    await first.close();

    now = 1_700_000_000_000 + 30 * DAY;
    const log = await open(1000);
    expect(files()).toContain(oldest);
    expect((await drain(log.readAfter(0)))[0]!.seq).toBe(1);
    now += 1.5 * DAY;
    for (let n = 0; n < 10; n++) await log.append([fact("b", n)]);
    const kept = (await drain(log.readAfter(0))).map(({ seq }) => seq);
    expect(files()).not.toContain(oldest);
    expect(kept[0]).toBeGreaterThan(1);
    expect(kept[0]).toBeLessThanOrEqual(21);
    expect(kept).toEqual(range(kept[0]!, 40));
    await log.close();

    now += 60 * DAY;
    const last = await open(1000);
    expect(files()).toHaveLength(1);
    expect(last.head).toBe(40);
    await last.append([fact("c")]);
    expect(last.head).toBe(41);
  });

  test("only the last segment is read at the start", async () => {
    const first = await open(5000);
    await append(first, 1, 500);
    await append(first, 501, 1000);
    await first.close();
    for (const name of files().slice(0, -1)) writeFileSync(join(folder, name), "not to be looked at");
    expect((await open(5000)).head).toBe(1000);
  });
});
