import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { freePort } from "./servers.ts";
import { Worker } from "./worker.ts";

test("a process that cannot start is tried again after longer and longer pauses, until it is stopped", async () => {
  const words: string[] = [];
  const deaths: [how: string, pause: number][] = [];
  // Node itself refuses to start with it.
  const env = { NODE_OPTIONS: "--no-such-option" };
  const worker = new Worker(
    { name: "audit", services: "audit", port: await freePort(), env },
    { said: (_, line) => words.push(line), died: (_, how, pause) => deaths.push([how, pause]) },
  );
  try {
    worker.start();
    for (const end = Date.now() + 20_000; deaths.length < 3 && Date.now() < end;) await sleep(20);
    expect(await worker.obstacle()).toBe("not running");
  } finally {
    await worker.stop();
  }
  expect(deaths).toEqual([500, 1000, 2000].map((pause) => ["exit code 9", pause]));
  expect(worker.restarts).toBe(2);
  expect(words).toHaveLength(3);
  expect(words[0]).toContain("--no-such-option is not allowed");
  // The pause is over, and nobody has come.
  await sleep(deaths.at(-1)![1] + 100);
  expect([worker.pid, worker.restarts]).toEqual([undefined, 2]);
}, 40_000);
