import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Linux counts the CPU time of a process in ticks of 10 ms. */
const TICK = 10;
/** A process that used no more than one tick within this time is done with what it was given, ms. */
const QUIET = 400;

/** What a process has used of the CPU so far, ms: its own and the kernel's share, all threads. */
export function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program stands in parentheses and may hold anything; user and system time are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** What a process holds of the memory, MB. */
export function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}

/** What lies in a folder, MB. */
export function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0) / 2 ** 20;
}

/** Resolves when the process has finished the work behind its last answer, which belongs to the operation too. */
export async function quiet(pid: number): Promise<void> {
  for (let round = 0, before = cpuOf(pid); round < 25; round++) {
    await sleep(QUIET);
    const now = cpuOf(pid);
    if (now - before <= TICK) return;
    before = now;
  }
}

/** CPU time of a process per operation, ms, with all that it does after its answers. */
export async function cpuPer(pid: number, operations: number, work: () => Promise<unknown>): Promise<number> {
  const before = cpuOf(pid);
  await work();
  await quiet(pid);
  return (cpuOf(pid) - before) / operations;
}

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The median of several rounds, one after the other. */
export async function rounds(count: number, measure: () => Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < count; round++) figures.push(await measure());
  return median(figures);
}

/** Runs it `count` times, so many at a time. */
export async function crowd(count: number, atATime: number, run: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async () => {
    for (let n = next++; n < count; n = next++) await run(n);
  };
  await Promise.all(Array.from({ length: Math.min(count, atATime) }, one));
}
