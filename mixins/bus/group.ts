import type { Envelope } from "../../core/facts.ts";
import type { Runtime } from "../../core/runtime.ts";
import { describe, type DeadLetter, type Subscriber } from "./bus.ts";
import type { Cursors, GroupCursors } from "./cursors.ts";
import type { Entry } from "./entry.ts";
import { Lanes, entityOf } from "./lanes.ts";
import type { Reader, Segments } from "./segments.ts";

/** How many handlers of a group run at a time. */
const CONCURRENCY = 16;
/** How many facts a group holds in memory that wait for their turn; the rest stays on the disk. */
const READ_AHEAD = 500;
/** How many it holds at most, those included that wait for another attempt. */
const MAX_PENDING = 10_000;

export interface GroupContext {
  log: Segments;
  cursors: Cursors;
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void; error(...words: unknown[]): void };
  onFatal: (error: Error) => void;
  /** Keeps a dead letter durably. */
  bury(letter: DeadLetter): Promise<void>;
}

interface Pending {
  entry: Entry;
  failures: number;
}

/** A subscriber of the embedded log: reads on, delivers, tries again, and knows what is acknowledged. */
export class Group {
  readonly #subscriber: Subscriber;
  readonly #context: GroupContext;
  readonly #lanes = new Lanes(CONCURRENCY);
  readonly #reader: Reader;
  /** Also of topics that the group no longer has. */
  readonly #saved: GroupCursors;
  /** Where each topic stood at the start; `open` loses what was read since. */
  readonly #begin: Map<string, { position: number; open: Set<number> }>;
  /** How far the log was read. */
  #position: number;
  /** What was read and is not acknowledged, in the order of the log. */
  readonly #pending = new Map<number, Pending>();
  #waiting = 0;
  #reading = false;
  #stopped = false;

  constructor(subscriber: Subscriber, context: GroupContext) {
    this.#subscriber = subscriber;
    this.#context = context;
    const { head } = context.log;
    this.#saved = subscriber.group === null ? {} : context.cursors.of(subscriber.group);
    const begin = ([type, from]: [string, "all" | "new"]) => {
      const fresh = from === "new" || subscriber.group === null ? head : 0;
      const { position, open } = this.#saved[type] ?? { position: fresh, open: [] };
      return [type, { position: Math.min(position, head), open: new Set(open) }] as const;
    };
    this.#begin = new Map([...subscriber.topics].map(begin));
    const lowest = [...this.#begin.values()].map(({ position, open }) =>
      Math.min(position, ...[...open].map((seq) => seq - 1)),
    );
    this.#position = Math.min(...lowest);
    this.#reader = context.log.readAfter(this.#position);
  }

  /** Resolves when a group's position is durable: no fact from now on is lost if the process dies. */
  async start(): Promise<void> {
    const { group } = this.#subscriber;
    if (group !== null) await this.#context.cursors.follow(group, () => this.#cursors());
  }

  /** Waits for the handlers in flight. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#lanes.stop();
    await this.#reader.close();
    if (this.#subscriber.group !== null) this.#context.cursors.unfollow(this.#subscriber.group);
  }

  /** Reads on as far as there is room. To be called when the log has grown. */
  pump(): void {
    while (!this.#stopped && !this.#reading && this.#waiting < READ_AHEAD && this.#pending.size < MAX_PENDING) {
      const entries = this.#reader.next(READ_AHEAD - this.#waiting);
      if (entries instanceof Promise) return this.#take(entries);
      if (!entries.length) return;
      for (const entry of entries) this.#accept(entry);
    }
  }

  /** Goes on when the disk has answered. */
  #take(reading: Promise<Entry[]>): void {
    this.#reading = true;
    reading.then(
      (entries) => {
        this.#reading = false;
        if (this.#stopped) return;
        for (const entry of entries) this.#accept(entry);
        if (entries.length) this.pump();
      },
      (error: Error) => this.#context.onFatal(error),
    );
  }

  #accept(entry: Entry): void {
    const { seq, type, to } = entry;
    this.#position = seq;
    const topic = this.#begin.get(type);
    if (!topic || (to !== undefined && to !== this.#subscriber.group)) return;
    if (seq <= topic.position && !topic.open.delete(seq)) return;
    const pending = { entry, failures: 0 };
    this.#pending.set(seq, pending);
    this.#enqueue(pending);
  }

  #enqueue(pending: Pending): void {
    this.#waiting++;
    this.#lanes.add(entityOf(pending.entry.id), () => this.#attempt(pending));
  }

  async #attempt(pending: Pending): Promise<void> {
    this.#waiting--;
    try {
      // Parsed for every attempt: what a handler does to its fact is its own affair.
      await this.#subscriber.deliver(JSON.parse(pending.entry.json) as Envelope);
      this.#acknowledge(pending);
    } catch (error) {
      pending.failures++;
      await this.#failed(pending, error as Error);
    }
    this.pump();
  }

  #acknowledge({ entry }: Pending): void {
    this.#pending.delete(entry.seq);
    if (this.#subscriber.group !== null) this.#context.cursors.touch();
  }

  async #failed(pending: Pending, error: Error): Promise<void> {
    const { group, backoff } = this.#subscriber;
    const { runtime, logger } = this.#context;
    const { entry, failures } = pending;
    const name = `${group ?? "a subscriber"}: ${entry.type} ${entry.id}`;
    let pause = backoff[failures - 1];
    if (pause !== undefined) {
      logger.warn(`Bus: ${name} failed, next attempt in ${pause} ms`, error);
    } else {
      logger.error(`Bus: ${name} is given up after ${failures} attempts`, error);
      if (group === null || (await this.#bury(group, pending, error))) return this.#acknowledge(pending);
      pause = backoff.at(-1) ?? 0;
    }
    // The place of the entity is free meanwhile: after a failure there is no order to keep.
    runtime.after(pause, () => {
      if (!this.#stopped) this.#enqueue(pending);
    });
  }

  async #bury(group: string, { entry, failures }: Pending, error: Error): Promise<boolean> {
    const { bury, runtime, logger } = this.#context;
    const fact = JSON.parse(entry.json) as Envelope;
    const id = `${group}-${entry.seq}`;
    try {
      await bury({ id, group, fact, error: describe(error), attempts: failures, at: runtime.now() });
      return true;
    } catch (trouble) {
      logger.error(`Bus: the dead letter ${id} cannot be kept, the fact is tried again`, trouble);
      return false;
    }
  }

  #cursors(): GroupCursors {
    const cursors = { ...this.#saved };
    for (const [type, { position, open }] of this.#begin)
      cursors[type] = { position: Math.max(position, this.#position), open: [...open] };
    for (const [seq, { entry }] of this.#pending) cursors[entry.type]!.open.push(seq);
    return cursors;
  }
}
