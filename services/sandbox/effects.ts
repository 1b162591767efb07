import type { Runtime, Timer } from "../../core/runtime.ts";
import type { Event, KeptReply, Refund } from "./records.ts";
import { settle } from "./refunds.ts";
import type { Given, Step } from "./step.ts";
import type { Store } from "./store.ts";
import type { Webhooks } from "./webhooks.ts";

/** Carries decisions out: they are kept, their events are sent, and what happens by itself later is set going. */
export class Effects {
  readonly #store: Store;
  readonly #webhooks: Webhooks;
  readonly #runtime: Runtime;
  readonly #timers = new Map<string, Timer>();

  constructor(store: Store, webhooks: Webhooks, runtime: Runtime) {
    this.#store = store;
    this.#webhooks = webhooks;
    this.#runtime = runtime;
  }

  /** Time and ids for a decision. Time never runs backwards, even where the clock was set back. */
  given(): Given {
    const at = Math.max(this.#runtime.now(), this.#store.latest);
    return { at, id: (prefix) => `${prefix}_${this.#runtime.id()}` };
  }

  /** Takes effect at once, before it returns: no other request can come between a decision and its effect. Resolves when it is kept. */
  async carryOut(step: Step | undefined, request: Event["request"], reply?: KeptReply): Promise<void> {
    const { at, id } = this.given();
    const { put = [], events: happened = [] } = step ?? {};
    const events = happened.map(([type, subject]): Event => ({
      object: "event",
      id: id("evt"),
      at,
      type,
      subject,
      request,
    }));
    await this.#store.commit({ put, events, reply });
    for (const subject of put) if (subject.object === "refund") this.#schedule(subject);
    this.#webhooks.send(events.map((event) => event.id).filter((event) => this.#store.undelivered.has(event)));
  }

  /** After a restart: takes up what was under way. */
  resume(): void {
    for (const refund of this.#store.refunds) this.#schedule(refund);
    this.#webhooks.send([...this.#store.undelivered]);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    await this.#webhooks.stop();
  }

  #schedule({ id, next }: Refund): void {
    if (!next) return;
    const settleIt = () => {
      this.#timers.delete(id);
      const refund = this.#store.refunds.get(id)!;
      const step = settle(refund, this.#store.charges.get(refund.charge)!);
      // A journal that cannot be written ends the process; there is nobody here to tell.
      if (step) this.carryOut(step, null).catch(() => undefined);
    };
    this.#timers.set(id, this.#runtime.after(Math.max(0, next.at - this.#runtime.now()), settleIt));
  }
}
