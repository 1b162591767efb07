import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { ServiceBroker } from "moleculer";
import { syncFolder } from "./disk.ts";

/**
 * An append-only file of lines with group commit: appends that arrive while the disk is busy are gathered, and
 * one write (with one `fdatasync`, when durable) serves them all.
 */
export interface Journal {
  /** Takes whole lines, each ended by "\n". Resolves when they are kept, in order; rejects when they may not be. */
  append(lines: string): Promise<void>;
  /** Resolves when everything appended so far is kept. */
  settled(): Promise<void>;
  /** Bytes in the file. */
  readonly size: number;
  /**
   * Replaces the whole content; a crash at any moment leaves the old or the new one. `lines`, each ended by "\n",
   * stand for everything appended until this call; what is appended meanwhile is kept as usual and follows them.
   */
  rewrite(lines: Iterable<string>): Promise<void>;
  /** Waits for the appends under way; later ones are refused. */
  close(): Promise<void>;
}

export interface JournalOptions {
  /** An append resolves after `fdatasync`, so that a power cut takes nothing back; otherwise after the write, which a kill survives. */
  durable: boolean;
  /** Called once, at the first write that fails. From then on everything is refused, since nobody knows what the disk holds. */
  onFatal: (error: Error) => void;
  /** Called when a crash tore the last line: it was never acknowledged, and is dropped. */
  onTorn: (file: string, bytes: number) => void;
}

const NEWLINE = 0x0a;
const CHUNK = 256 * 1024;
const temporary = (file: string) => `${file}~`;

/** Lets everything else that waits have its turn first. It takes no time, so simulated time has no say in it. */
// oxlint-disable-next-line no-restricted-globals
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Opens the file, made with its folder when missing, and trims a torn last line. What it holds is read by `readLines`. */
export async function openJournal(file: string, options: JournalOptions): Promise<Journal> {
  await mkdir(dirname(file), { recursive: true });
  await rm(temporary(file), { force: true });
  const handle = await open(file, "a+");
  const { size } = await handle.stat();
  const whole = await endOfLastLine(handle, size);
  if (whole < size) {
    await handle.truncate(whole);
    options.onTorn(file, size - whole);
  }
  await handle.sync();
  await syncFolder(dirname(file));
  return new FileJournal(file, handle, whole, options);
}

/** The lines of a file, without their "\n". Only "\n" ends a line: `node:readline` also splits at U+2028, which JSON leaves as it is. */
export async function* readLines(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8", highWaterMark: CHUNK })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}

/** The usual `onFatal`: one line in the log, and the process ends. */
export const endProcess =
  (broker: ServiceBroker) =>
  (error: Error): void =>
    // Moleculer's one way out. It logs its second argument as well, and a stack adds nothing to what the line says.
    broker.fatal(error.message, "" as never);

class FileJournal implements Journal {
  readonly #file: string;
  readonly #options: JournalOptions;
  #handle: FileHandle;
  #size: number;
  /** What waits for the next commit, and that commit. */
  #batch: string[] = [];
  #next: Promise<void> | undefined;
  /** The end of the work on the file: one piece is done after the other, and none after a failure. */
  #work: Promise<void> = Promise.resolve();
  /** The rewrite under way, and what was appended since it began. */
  #rewriting: Promise<void> | undefined;
  #since: string[] | undefined;
  #refusal: Error | undefined;

  constructor(file: string, handle: FileHandle, size: number, options: JournalOptions) {
    this.#file = file;
    this.#handle = handle;
    this.#size = size;
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  append(lines: string): Promise<void> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    this.#batch.push(lines);
    this.#since?.push(lines);
    return (this.#next ??= this.#inTurn(async () => {
      // One turn of the event loop gathers what came together.
      await nextTurn();
      const batch = this.#takeBatch();
      if (batch === "") return;
      this.#size += await write(this.#handle, batch);
      if (this.#options.durable) await this.#handle.datasync();
    }));
  }

  settled(): Promise<void> {
    return this.#work;
  }

  rewrite(lines: Iterable<string>): Promise<void> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    if (this.#rewriting) return Promise.reject(new Error(`${this.#file} is being rewritten already`));
    this.#since = [];
    return (this.#rewriting = this.#rewrite(lines).finally(() => (this.#rewriting = undefined)));
  }

  async close(): Promise<void> {
    this.#refusal ??= new Error(`${this.#file} is closed`);
    await this.#rewriting?.catch(() => {});
    await this.settled().catch(() => {});
    await this.#handle.close();
  }

  async #rewrite(lines: Iterable<string>): Promise<void> {
    const copy = await open(temporary(this.#file), "w").catch((error) => this.#abandonRewrite(error));
    let size = 0;
    try {
      for (const chunk of chunksOf(lines)) size += await write(copy, chunk);
      await copy.sync();
    } catch (error) {
      await copy.close();
      await this.#abandonRewrite(error);
    }
    await this.#inTurn(async () => {
      // The copy takes over while nothing is being written. What waits for its commit is among `since` as well.
      this.#takeBatch();
      const since = this.#since!.join("");
      this.#since = undefined;
      size += await write(copy, since);
      await copy.sync();
      await this.#handle.close();
      this.#handle = copy;
      this.#size = size;
      await rename(temporary(this.#file), this.#file);
      await syncFolder(dirname(this.#file));
    });
  }

  #takeBatch(): string {
    const batch = this.#batch.join("");
    this.#batch = [];
    this.#next = undefined;
    return batch;
  }

  /** The old content stands: only the copy is given up. */
  async #abandonRewrite(error: unknown): Promise<never> {
    this.#since = undefined;
    await rm(temporary(this.#file), { force: true });
    throw error;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(() =>
      work().catch((error: Error) => {
        this.#refusal = new Error(`${this.#file} cannot be written: ${error.message}. Nothing more is accepted`, {
          cause: error,
        });
        this.#options.onFatal(this.#refusal);
        throw this.#refusal;
      }),
    );
    // Whoever appended without waiting learns of a failure by `settled`.
    done.catch(() => {});
    return (this.#work = done);
  }
}

/** Writes all of it, however many bytes the system takes at a time; how many there were. */
async function write(handle: FileHandle, text: string): Promise<number> {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done)).bytesWritten;
  return bytes.length;
}

function* chunksOf(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}

/** Where the last whole line ends: the place after the last "\n", 0 when there is none. */
async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK);
    const { bytesRead } = await handle.read(chunk, 0, end - start, start);
    const at = chunk.lastIndexOf(NEWLINE, bytesRead - 1);
    if (at >= 0 && bytesRead > 0) return start + at + 1;
    end = start;
  }
  return 0;
}
