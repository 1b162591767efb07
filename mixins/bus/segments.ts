import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Envelope } from "../../core/facts.ts";
import type { Runtime } from "../../core/runtime.ts";
import { headOf, lineOf, parseLine, type Entry } from "./entry.ts";
import { openJournal, readLines, type Journal, type JournalOptions } from "../journal.ts";

/** A segment that has grown past this is closed, bytes. */
const SEGMENT = 16 * 1024 * 1024;
/** How long facts are kept at least, ms. */
const KEEP = 30 * 86_400_000;
/** How many of the newest entries stay in memory: who keeps up never reads the disk. */
const TAIL = 1000;

/** Reads on from a place in the log, up to `limit` entries at a time; none when it is at the end. Not to be called again before it answered. */
export interface Reader {
  next(limit: number): Entry[] | Promise<Entry[]>;
  close(): Promise<void>;
}

export interface SegmentsOptions extends Pick<JournalOptions, "onFatal" | "onTorn"> {
  folder: string;
  runtime: Runtime;
  segmentBytes?: number;
}

/** A file of the log, named by the sequence number and the time it begins with. */
interface Segment {
  first: number;
  at: number;
  file: string;
}

/** The log on the disk: entries are appended to the last of several files, and old files are deleted. */
export class Segments {
  readonly #options: SegmentsOptions;
  readonly #segments: Segment[];
  #journal: Journal;
  /** The last sequence number given, and the last one that is durable. */
  #last: number;
  #head: number;
  #tail: Entry[] = [];
  #rolling: Promise<void> | undefined;

  private constructor(options: SegmentsOptions, segments: Segment[], journal: Journal, last: number) {
    this.#options = options;
    this.#segments = segments;
    this.#journal = journal;
    this.#last = this.#head = last;
  }

  /** Reads the last segment alone, however long the log is. */
  static async open(options: SegmentsOptions): Promise<Segments> {
    const { folder, runtime } = options;
    await mkdir(folder, { recursive: true });
    const segments = (await readdir(folder))
      .flatMap((name) => parseName(folder, name))
      .sort((a, b) => a.first - b.first);
    if (!segments.length) segments.push(segmentAt(folder, 1, runtime.now()));
    const current = segments.at(-1)!;
    const journal = await openJournal(current.file, { ...options, durable: true });
    let last = current.first - 1;
    for await (const line of readLines(current.file)) last = headOf(line, current.file).seq;
    const log = new Segments(options, segments, journal, last);
    await log.#deleteOld();
    return log;
  }

  /** The sequence number of the last durable entry. */
  get head(): number {
    return this.#head;
  }

  /** Resolves when the facts are durable, in this order. */
  async append(facts: Envelope[], to?: string): Promise<void> {
    while (this.#rolling) await this.#rolling;
    const at = this.#options.runtime.now();
    const jsons = facts.map((fact) => JSON.stringify(fact));
    const entries = facts.map(({ id, type }, index): Entry => {
      return { seq: ++this.#last, ...(to && { to }), id, type, json: jsons[index]! };
    });
    const kept = this.#journal.append(entries.map((entry) => lineOf(entry, at)).join(""));
    if (this.#journal.size > (this.#options.segmentBytes ?? SEGMENT)) {
      this.#rolling = this.#roll(at)
        .catch((error: Error) => this.#options.onFatal(error))
        .finally(() => (this.#rolling = undefined));
    }
    await kept;
    this.#head = entries.at(-1)!.seq;
    for (const entry of entries) this.#tail.push(entry);
    if (this.#tail.length > 2 * TAIL) this.#tail = this.#tail.slice(-TAIL);
  }

  /** Resolves when everything appended so far is durable. */
  async settled(): Promise<void> {
    while (this.#rolling) await this.#rolling;
    await this.#journal.settled();
  }

  /** Reads the entries after a sequence number; those deleted since are left out. */
  readAfter(seq: number): Reader {
    let position = seq;
    let lines: AsyncGenerator<Entry> | undefined;
    const fromDisk = async (limit: number): Promise<Entry[]> => {
      lines ??= this.#readFrom(position + 1);
      const entries: Entry[] = [];
      while (entries.length < limit) {
        const { value, done } = await lines.next();
        if (done) break;
        entries.push(value);
      }
      // A generator that came to the end of what was there is done, and another one goes on.
      if (entries.length < limit) lines = undefined;
      position = entries.at(-1)?.seq ?? position;
      return entries;
    };
    return {
      next: (limit) => {
        const ahead = position + 1 - (this.#tail[0]?.seq ?? Infinity);
        if (position >= this.#head) return [];
        if (ahead < 0) return fromDisk(limit);
        void lines?.return(undefined);
        lines = undefined;
        const entries = this.#tail.slice(ahead, ahead + limit);
        position = entries.at(-1)!.seq;
        return entries;
      },
      close: async () => void (await lines?.return(undefined)),
    };
  }

  /** The durable entries published at `since` or later. */
  readSince(since: number): AsyncGenerator<Entry> {
    // A segment may hold such entries when its successor began after that time.
    const from = this.#segments.find((_, index) => (this.#segments[index + 1]?.at ?? Infinity) >= since)!;
    return this.#readFrom(from.first, since);
  }

  async close(): Promise<void> {
    await this.#rolling;
    await this.#journal.close();
  }

  async *#readFrom(seq: number, since = 0): AsyncGenerator<Entry> {
    let segment = this.#segments.findLast(({ first }) => first <= seq) ?? this.#segments[0];
    for (; segment; segment = this.#after(segment)) {
      try {
        for await (const line of readLines(segment.file)) {
          // What follows the head is still being written.
          if (segment.first > this.#head) return;
          const head = headOf(line, segment.file);
          if (head.seq >= seq && head.at >= since) yield parseLine(line, segment.file);
          if (head.seq >= this.#head) return;
        }
      } catch (error) {
        // It grew too old while somebody was about to read it.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  }

  #after(segment: Segment): Segment | undefined {
    return this.#segments.find(({ first }) => first > segment.first);
  }

  async #roll(at: number): Promise<void> {
    await this.#journal.close();
    const segment = segmentAt(this.#options.folder, this.#last + 1, at);
    this.#journal = await openJournal(segment.file, { ...this.#options, durable: true });
    this.#segments.push(segment);
    await this.#deleteOld();
  }

  /** A segment is as old as its successor's first moment; the last one is never deleted. */
  async #deleteOld(): Promise<void> {
    const limit = this.#options.runtime.now() - KEEP;
    while (this.#segments.length > 1 && this.#segments[1]!.at < limit)
      await rm(this.#segments.shift()!.file, { force: true });
  }
}

function segmentAt(folder: string, first: number, at: number): Segment {
  return { first, at, file: join(folder, `${String(first).padStart(16, "0")}-${at}.jsonl`) };
}

function parseName(folder: string, name: string): Segment[] {
  const [, first, at] = /^(\d{16})-(\d+)\.jsonl$/.exec(name) ?? [];
  return first && at ? [{ first: Number(first), at: Number(at), file: join(folder, name) }] : [];
}
