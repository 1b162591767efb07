import { openJournal, readLines, type Journal, type JournalOptions } from "../../mixins/journal.ts";
import { NO_FAULTS, type Faults } from "./faults.ts";
import type { Charge, Event, Intent, KeptReply, Refund, Subject } from "./records.ts";
import { Shelf } from "./shelf.ts";

/** What one decision changes. It is one line of the journal, so it happened as a whole or not at all. */
export interface Entry {
  put?: readonly Subject[];
  events?: readonly Event[];
  reply?: KeptReply | undefined;
  /** Ids of events whose webhook needs no further try. */
  delivered?: readonly string[];
  faults?: Faults;
}

/** In the journal an event names its subject when that is the version put last, and holds it when it is another. */
type StoredEvent = Omit<Event, "subject"> & { subject: Subject | string };
type Line = Omit<Entry, "events"> & { events?: readonly StoredEvent[] };

const DAY = 24 * 3600 * 1000;
/** Stripe forgets an Idempotency-Key after a day at the earliest, and an event after thirty. */
const KEEP_REPLIES = DAY;
const KEEP_EVENTS = 30 * DAY;
/** A journal longer than this is rewritten at the start, bytes. */
const LARGE = 16 * 1024 * 1024;

export interface StoreOptions extends Omit<JournalOptions, "durable"> {
  file: string;
  now: number;
  /** The types of events that are told to the receiver of webhooks, or `*` for all of them. */
  enabledEvents: readonly string[];
}

/** The sandbox's memory, and the journal it is restored from. Decisions are taken on memory; replies wait for the journal. */
export class Store {
  readonly intents = new Shelf<Intent>();
  readonly charges = new Shelf<Charge>();
  readonly refunds = new Shelf<Refund>();
  readonly events = new Shelf<Event>();
  readonly undelivered = new Set<string>();
  /** Oldest first, by Idempotency-Key. */
  readonly replies = new Map<string, KeptReply>();
  faults = NO_FAULTS;
  /** When the newest object or event came to be: time on the shelves never runs backwards. */
  latest = 0;
  #refundsOf = new Map<string, Shelf<Refund>>();
  #journal: Journal;
  #enabledEvents: readonly string[];

  private constructor(journal: Journal, enabledEvents: readonly string[]) {
    this.#journal = journal;
    this.#enabledEvents = enabledEvents;
  }

  static async open({ file, now, enabledEvents, ...options }: StoreOptions): Promise<Store> {
    const store = new Store(await openJournal(file, { durable: false, ...options }), enabledEvents);
    try {
      let number = 0;
      for await (const line of readLines(file)) store.#apply(parse(line, `${file}:${++number}`));
      store.prune(now);
      if (store.#journal.size > LARGE) await store.#journal.rewrite(store.#lines());
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Takes effect in memory at once; resolves when it is in the journal. */
  commit(entry: Entry): Promise<void> {
    this.#apply(entry);
    return this.#journal.append(this.#lineOf(entry));
  }

  /** Resolves when all that was seen in memory until now is in the journal. */
  settled(): Promise<void> {
    return this.#journal.settled();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  find(id: string): Subject | undefined {
    return this.intents.get(id) ?? this.charges.get(id) ?? this.refunds.get(id);
  }

  refundsOf(intent: string): Shelf<Refund> {
    return this.#refundsOf.get(intent) ?? new Shelf();
  }

  /** Forgets what Stripe forgets. The journal loses it at a later start. */
  prune(now: number): void {
    this.events.prune(now - KEEP_EVENTS);
    for (const id of this.undelivered) if (!this.events.get(id)) this.undelivered.delete(id);
    for (const [key, { at }] of this.replies) {
      if (at >= now - KEEP_REPLIES) break;
      this.replies.delete(key);
    }
  }

  #apply({ put = [], events = [], reply, delivered = [], faults }: Line): void {
    for (const subject of put) this.#put(subject);
    for (const { subject, ...event } of events) {
      this.events.put({ ...event, subject: typeof subject === "string" ? this.find(subject)! : subject });
      if (this.#isEnabled(event.type)) this.undelivered.add(event.id);
      this.latest = Math.max(this.latest, event.at);
    }
    if (reply) this.replies.set(reply.key, reply);
    for (const id of delivered) this.undelivered.delete(id);
    if (faults) this.faults = faults;
  }

  #isEnabled(type: string): boolean {
    return this.#enabledEvents.includes(type) || this.#enabledEvents.includes("*");
  }

  #put(subject: Subject): void {
    this.latest = Math.max(this.latest, subject.at);
    if (subject.object === "payment_intent") return this.intents.put(subject);
    if (subject.object === "charge") return this.charges.put(subject);
    this.refunds.put(subject);
    const siblings = this.refundsOf(subject.intent);
    siblings.put(subject);
    this.#refundsOf.set(subject.intent, siblings);
  }

  #lineOf(entry: Entry): string {
    const events = entry.events?.map((event) => {
      const { id } = event.subject;
      return { ...event, subject: this.find(id) === event.subject ? id : event.subject };
    });
    return `${JSON.stringify({ ...entry, events } satisfies Line)}\n`;
  }

  /** The shortest journal that restores all this. */
  *#lines(): Generator<string> {
    for (const shelf of [this.intents, this.charges, this.refunds]) {
      for (const subject of shelf) yield this.#lineOf({ put: [subject] });
    }
    for (const event of this.events) {
      yield this.#lineOf({ events: [event], ...(!this.undelivered.has(event.id) && { delivered: [event.id] }) });
    }
    for (const reply of this.replies.values()) yield this.#lineOf({ reply });
    yield this.#lineOf({ faults: this.faults });
  }
}

function parse(line: string, place: string): Line {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`${place} is not a line of the sandbox's journal. Mend it, or take the file away to begin anew`, {
      cause: error,
    });
  }
}
