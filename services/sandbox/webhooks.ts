import { createHmac } from "node:crypto";
import type { Runtime, Timer } from "../../core/runtime.ts";
import { befalls, within, type Faults } from "./faults.ts";

/** The next try comes after this long, doubled each time up to the longest, ms. */
const FIRST_RETRY = 1000;
const LONGEST_RETRY = 3600 * 1000;
/** Stripe gives up after about three days; with these delays that is some eighty tries. */
const GIVE_UP_AFTER = 3 * 24 * 3600 * 1000;
/** How long the receiver may take, ms. */
const PATIENCE = 10_000;
/** How many are sent at a time: as many connections, and no more, are taken from the receiver. */
const AT_A_TIME = 8;
/** A webhook held back to be sent out of order goes now at the latest, ms. */
const HELD_BACK = 500;

export interface WebhookOptions {
  runtime: Runtime;
  url: string;
  secret: string;
  faults(): Faults["webhooks"];
  /** The event as JSON, and when it happened; undefined: it need not be sent any more. */
  load(id: string): { body: string; at: number } | undefined;
  /** No further try is needed: it was received, given up, or lost by a fault. */
  done(id: string): void;
  warn(words: string): void;
}

interface Delivery {
  id: string;
  tries: number;
  /** Those that were held back until this one was sent. */
  followers: Delivery[];
}

/** Sends events as Stripe does: signed, at least once, in no guaranteed order, again and again until the receiver says 2xx. */
export class Webhooks {
  readonly #options: WebhookOptions;
  readonly #timers = new Set<Timer>();
  readonly #sending = new Map<Promise<void>, AbortController>();
  #ready: Delivery[] = [];
  #held: Delivery[] = [];
  #stopped = false;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  send(ids: readonly string[]): void {
    const { runtime, done } = this.#options;
    for (const id of ids) {
      const { drop, duplicate, delayMs } = this.#options.faults();
      if (befalls(drop, runtime)) {
        done(id);
        continue;
      }
      for (let copies = befalls(duplicate, runtime) ? 2 : 1; copies > 0; copies--) {
        const delay = within(delayMs, runtime);
        if (delay > 0) this.#later(delay, () => this.#lineUp({ id, tries: 0, followers: [] }));
        else this.#lineUp({ id, tries: 0, followers: [] });
      }
    }
  }

  /** Breaks off what is being sent; it is sent again after a restart. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    for (const controller of this.#sending.values()) controller.abort();
    await Promise.all(this.#sending.keys());
  }

  /** Puts it at the end of the line, or holds it back until the next one was sent. */
  #lineUp(delivery: Delivery): void {
    if (befalls(this.#options.faults().reorder, this.#options.runtime)) {
      this.#held.push(delivery);
      this.#later(HELD_BACK, () => {
        if (!this.#held.includes(delivery)) return;
        this.#held = this.#held.filter((held) => held !== delivery);
        this.#enqueue(delivery);
      });
      return;
    }
    delivery.followers = this.#held;
    this.#held = [];
    this.#enqueue(delivery);
  }

  #enqueue(delivery: Delivery): void {
    this.#ready.push(delivery);
    this.#pump();
  }

  #pump(): void {
    while (!this.#stopped && this.#sending.size < AT_A_TIME && this.#ready.length > 0) {
      const controller = new AbortController();
      const attempt: Promise<void> = this.#attempt(this.#ready.shift()!, controller).finally(() => {
        this.#sending.delete(attempt);
        this.#pump();
      });
      this.#sending.set(attempt, controller);
    }
  }

  async #attempt(delivery: Delivery, controller: AbortController): Promise<void> {
    const { load, done, warn, runtime, url } = this.#options;
    const event = load(delivery.id);
    if (!event) return;
    const timer = this.#later(PATIENCE, () => controller.abort());
    const received = await this.#post(event.body, controller.signal);
    this.#cancel(timer);
    if (this.#stopped) return;
    for (const follower of delivery.followers.splice(0)) this.#enqueue(follower);
    if (received) return done(delivery.id);
    if (runtime.now() - event.at > GIVE_UP_AFTER) {
      warn(`Webhook ${delivery.id} was never accepted by ${url}`);
      return done(delivery.id);
    }
    const delay = Math.min(FIRST_RETRY * 2 ** delivery.tries++, LONGEST_RETRY);
    this.#later(delay, () => this.#enqueue(delivery));
  }

  /** Whether it was accepted. */
  async #post(body: string, signal: AbortSignal): Promise<boolean> {
    const { runtime, url, secret } = this.#options;
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "stripe-signature": sign(body, secret, runtime.now()),
    };
    try {
      const response = await runtime.fetch(url, { method: "POST", body, headers, signal, redirect: "manual" });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  #later(ms: number, run: () => void): Timer {
    const timer = this.#options.runtime.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: Timer): void {
    timer.cancel();
    this.#timers.delete(timer);
  }
}

/** Stripe's scheme v1: an HMAC over the time, a dot and the body. */
export function sign(body: string, secret: string, now: number): string {
  const t = Math.floor(now / 1000);
  return `t=${t},v1=${createHmac("sha256", secret).update(`${t}.${body}`).digest("hex")}`;
}
