import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { DAY, filesUnder, hasty, holding, sha, until, type Holder } from "../../tests/files.ts";
import type { Unfinished } from "./unfinished.ts";

let shop: Holder;
let unfinished: Unfinished;
beforeEach(async () => {
  shop = await holding();
  ({ unfinished } = shop.files);
});
afterEach(() => shop.stop());

const name = sha("an upload");
const part = (start: number, text: string, end = start + text.length) => ({
  start,
  end,
  body: Readable.from(text ? [Buffer.from(text)] : []),
});
const whole = async () => (await buffer(unfinished.read(name))).toString();
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    ({ type, data }) => ({ type, data }),
  );

test("parts follow each other, and are read as one", async () => {
  expect(await unfinished.offset(name)).toBe(0);
  expect(await unfinished.append(name, part(0, "The quick "))).toBe(10);
  expect(await unfinished.append(name, part(10, "brown fox"))).toBe(19);
  expect(await unfinished.offset(name)).toBe(19);
  expect(await whole()).toBe("The quick brown fox");
  await unfinished.remove(name);
  expect([await unfinished.offset(name), filesUnder(shop.dir)]).toEqual([0, []]);
});

test("a gap and an overlap are refused with the offset that there is; from 0 it begins anew", async () => {
  await unfinished.append(name, part(0, "abcdef"));
  for (const start of [3, 7, 1])
    expect(await refusal(unfinished.append(name, part(start, "xyz")))).toEqual({
      type: "WRONG_OFFSET",
      data: { offset: 6 },
    });
  expect(await whole()).toBe("abcdef");
  expect(await unfinished.append(name, part(0, "xy"))).toBe(2);
  expect(await whole()).toBe("xy");
});

test("of a part that breaks off stays what arrived; one longer than it said gives no byte more", async () => {
  const broken = new PassThrough();
  const appended = unfinished.append(name, { start: 0, end: 100, body: broken });
  broken.write("half of");
  await until(async () => (await unfinished.offset(name)) === 7);
  broken.destroy(new Error("the client left"));
  await expect(appended).rejects.toThrow("the client left");
  expect(await unfinished.append(name, part(7, " it", 20))).toBe(10);
  expect(await refusal(unfinished.append(name, part(10, "too much", 12)))).toMatchObject({ type: "TOO_LARGE" });
  expect(await whole()).toBe("half of it");
});

test("a part that is still coming gives way to the next one: its sender has left it", async () => {
  const stuck = new PassThrough();
  const first = unfinished.append(name, { start: 0, end: 100, body: stuck });
  stuck.write("The quick");
  await until(async () => (await unfinished.offset(name)) === 9);
  const second = unfinished.append(name, part(9, " brown"));
  await expect(first).rejects.toThrow();
  expect(await second).toBe(15);
  expect(stuck.destroyed).toBe(true);
  expect(await whole()).toBe("The quick brown");
});

test("two that come at once never mix", async () => {
  await unfinished.append(name, part(0, "ab"));
  const [lost, won] = await Promise.allSettled([
    unfinished.append(name, part(2, "CD")),
    unfinished.append(name, part(2, "cd")),
  ]);
  expect(won.status === "fulfilled" || lost.status === "fulfilled").toBe(true);
  expect(await whole()).toMatch(/^ab(CD|cd)$/);
});

test("a name that is none leads nowhere", async () => {
  for (const wrong of ["../data-key", "", name.toUpperCase(), `${name}/x`])
    await expect(unfinished.offset(wrong)).rejects.toMatchObject({ type: "NOT_FOUND" });
});

test("what nobody went on with is dropped after a day, and not before", async () => {
  await unfinished.append(name, part(0, "half"));
  const file = join(shop.dir, "files", "unfinished", name);
  const { dir } = shop;
  await shop.broker.stop();
  for (const [ahead, there] of [
    [DAY - 7_200_000, true],
    [DAY, false],
  ] as const) {
    const later = await holding({ dir, runtime: hasty(ahead) });
    expect(existsSync(file)).toBe(there);
    await later.broker.stop();
  }
});
