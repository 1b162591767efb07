import { createReadStream, constants } from "node:fs";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fail } from "../../core/errors.ts";
import { checked } from "./store.ts";
import { absent, dropOlder, roomFor, type Surroundings } from "./spool.ts";

/** An upload in parts that gained no byte for so long is dropped, ms. */
const UNFINISHED = 86_400_000;

/** A part of an upload, from `start` on; `end` is the byte after its last one. */
interface Part {
  start: number;
  end: number;
  body: Readable;
}

/**
 * Uploads in parts, each under a name of 64 hexadecimal digits, in a folder of this process or of all that share its
 * disk. What arrives of a part stays, so that a broken upload goes on from there. Bytes are written at their place:
 * should two processes write the same upload at a time, they write the same. Whoever keeps one in the end reads it
 * through and hashes what they copy, never what lies here.
 */
export class Unfinished {
  readonly #folder: string;
  readonly #around: Surroundings;
  readonly #writers = new Map<string, { abort: AbortController; done: Promise<unknown> }>();

  constructor(folder: string, around: Surroundings) {
    this.#folder = folder;
    this.#around = around;
  }

  /** How many bytes are here, from the first on. */
  async offset(upload: string): Promise<number> {
    return (await stat(this.#file(upload)).catch(absent))?.size ?? 0;
  }

  /**
   * Adds a part; resolves with the offset that follows, also when the body ended early. One that starts at 0 begins
   * anew. A later part of the same upload ends an earlier one that is still coming: its sender has left it.
   * Throws WRONG_OFFSET `{offset}` for a part that leaves a gap or overlaps, TOO_LARGE for a body longer than it,
   * TRY_AGAIN when the disk is full.
   */
  append(upload: string, part: Part): Promise<number> {
    const before = this.#writers.get(upload);
    before?.abort.abort();
    const abort = new AbortController();
    const work = async () => {
      await before?.done;
      if (abort.signal.aborted) throw fail("TRY_AGAIN");
      abort.signal.addEventListener("abort", () => part.body.destroy());
      return roomFor(this.#around, () => this.#write(upload, part));
    };
    const written = work().finally(() => {
      if (this.#writers.get(upload)?.abort === abort) this.#writers.delete(upload);
    });
    this.#writers.set(upload, { abort, done: written.catch(() => {}) });
    return written;
  }

  /** All bytes that are here. */
  read(upload: string): Readable {
    return createReadStream(this.#file(upload));
  }

  async remove(upload: string): Promise<void> {
    await rm(this.#file(upload), { force: true });
  }

  /** Drops what nobody went on with. */
  async tidy(): Promise<void> {
    await dropOlder(this.#folder, UNFINISHED, this.#around.runtime);
  }

  async #write(upload: string, { start, end, body }: Part): Promise<number> {
    await mkdir(this.#folder, { recursive: true });
    const handle = await open(this.#file(upload), constants.O_CREAT | constants.O_WRONLY);
    try {
      const { size } = await handle.stat();
      if (start === 0) await handle.truncate();
      else if (start !== size) throw fail("WRONG_OFFSET", { offset: size });
      let at = start;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        if (at + chunk.length > end) throw fail("TOO_LARGE", { maxBytes: end - start });
        // A disk may take less than it is given; a hole would be told as bytes that are here.
        for (let done = 0; done < chunk.length;)
          done += (await handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
        at += chunk.length;
      }
      return at;
    } finally {
      // What is told to be here is here after a power cut as well.
      await handle.datasync().finally(() => handle.close());
    }
  }

  #file(upload: string): string {
    return join(this.#folder, checked(upload));
  }
}
