import { Readable } from "node:stream";
import { within, type Runtime } from "../../core/runtime.ts";

/** A source that gives no byte for so long, while one is wanted, is given up, ms. */
const STALLED = 15_000;
/** How often in a row it is opened again before the whole is given up, and how long to wait before, doubled each time, ms. */
const RESUMES = 6;
const RESUME_AFTER = 200;

export interface Part {
  body: Readable;
  /** Of this body, bytes. */
  length: number;
}

export interface Source {
  runtime: Runtime;
  /** The first byte wanted. */
  start: number;
  /** Opened at `start` already: what cannot be opened at all is told before anything is sent. */
  first: Part;
  /** Opens it anew, to go on from there. */
  fetchFrom(at: number): Promise<Part>;
  /** What the reader is told in the end. */
  giveUp(error: unknown): Error;
}

/** The bytes of a source that may break off or stall: the rest is fetched from where they ended, as its reader wants it. */
export function resuming({ runtime, start, first, fetchFrom, giveUp }: Source): Readable {
  const end = start + first.length;
  let at = start;
  let body: Readable | undefined = first.body;
  let chunks: AsyncIterator<Buffer> | undefined;

  const step = async (): Promise<Buffer> => {
    body ??= (await fetchFrom(at)).body;
    if (stream.destroyed) body.destroy();
    chunks ??= body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const next = await within(runtime, STALLED, chunks.next());
    if (!next) throw new Error(`No byte for ${STALLED} ms`);
    if (next.done) throw new Error("It ended too early");
    at += next.value.length;
    return next.value;
  };

  const chunk = async (): Promise<Buffer | null> => {
    for (let failures = 0; at < end && !stream.destroyed;) {
      try {
        return await step();
      } catch (error) {
        body?.destroy();
        body = chunks = undefined;
        if (++failures > RESUMES) throw giveUp(error);
        await runtime.sleep(RESUME_AFTER * 2 ** failures);
      }
    }
    return null;
  };

  const stream = new Readable({
    read() {
      chunk().then(
        (bytes) => this.push(bytes),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      body?.destroy();
      done(error);
    },
  });
  return stream;
}
