import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fail } from "../../core/errors.ts";
import type { Runtime } from "../../core/runtime.ts";
import type { Stored } from "./store.ts";

/** An upload that gained no byte for so long was cut off by a crash, ms. Other processes may share the folder. */
export const ABANDONED = 3_600_000;
/** The disk is full, or what this user may have of it. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);

export interface Surroundings {
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void };
}

/** Where uploads wait: the name of their bytes is known only at their end. */
export class Spool {
  readonly #folder: string;
  readonly #around: Surroundings;

  constructor(folder: string, around: Surroundings) {
    this.#folder = folder;
    this.#around = around;
  }

  /**
   * Receives a stream and hands the file to `keep`, which may move it away. Nothing stays here in the end.
   * Throws TOO_LARGE past `maxBytes`, TRY_AGAIN when the disk is full.
   */
  async take(
    stream: Readable,
    maxBytes: number,
    keep: (file: string, stored: Stored) => Promise<void>,
  ): Promise<Stored> {
    const file = join(this.#folder, this.#around.runtime.id());
    try {
      return await roomFor(this.#around, async () => {
        await mkdir(this.#folder, { recursive: true });
        const stored = await receive(stream, file, maxBytes);
        await keep(file, stored);
        return stored;
      });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Removes what a crash cut off. */
  async tidy(): Promise<void> {
    await dropOlder(this.#folder, ABANDONED, this.#around.runtime);
  }
}

/** Does what needs room on the disk. Throws TRY_AGAIN when there is none. */
export async function roomFor<T>({ logger }: Surroundings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (!FULL.has(code)) throw error;
    logger.warn(`An upload found no room on the disk: ${message}`);
    throw fail("TRY_AGAIN");
  }
}

/** Removes the files of a folder that nobody wrote to for `age` ms. */
export async function dropOlder(folder: string, age: number, runtime: Pick<Runtime, "now">): Promise<void> {
  for (const name of (await readdir(folder).catch(absent)) ?? []) {
    const file = join(folder, name);
    const found = await stat(file).catch(absent);
    if (found && found.mtimeMs < runtime.now() - age) await rm(file, { force: true });
  }
}

async function receive(stream: Readable, file: string, maxBytes: number): Promise<Stored> {
  const hash = createHash("sha256");
  let size = 0;
  const handle = await open(file, "wx");
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw fail("TOO_LARGE", { maxBytes });
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
  const sha256 = hash.digest("hex");
  return { blob: sha256, size, sha256 };
}

/** For what may be missing. */
export function absent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
