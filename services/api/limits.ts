import { networkOf } from "../../core/network.ts";
import type { Allowance, Counter, Counters } from "../../mixins/counters.ts";

/** What one network may ask for, whatever it is: a rush of people behind one address fits in, a flood does not. */
export const GENERAL: Allowance = { times: 3000, seconds: 60 };
/** What is dear to us, or worth abusing. */
export const STRICT: Record<string, Allowance> = {
  "auth.signup": { times: 30, seconds: 3600 },
  "auth.signin": { times: 60, seconds: 300 },
  // Whoever guesses codes is stopped as whoever guesses passwords is.
  "discounts.quote": { times: 60, seconds: 300 },
  // Each takes a second of computing. And whoever sends bytes slowly cannot keep all places taken.
  "items.setCover": { times: 30, seconds: 300 },
  // Each of these may send somebody a letter.
  "auth.reset": { times: 20, seconds: 3600 },
  "orders.find": { times: 20, seconds: 3600 },
  "auth.resetPassword": { times: 60, seconds: 300 },
  "orders.create": { times: 120, seconds: 60 },
  // A line is not to be filled by one who is many.
  "waitlist.join": { times: 60, seconds: 300 },
};
/** Live streams open at a time from one network. */
export const MAX_STREAMS = 200;

/** Never counted: probes, the provider's webhooks, the sandbox's callers within the shop, and static files. */
const UNCOUNTED = /^\/(live|ready|metrics|v1\/|api\/webhooks\/|_nuxt\/|favicon)/;

/** Rate limits by network. With `on` false nothing is ever refused. */
export class Limits {
  readonly #general: Counter | undefined;
  readonly #strict = new Map<string, Counter>();

  constructor(on: boolean, counters: Counters) {
    if (!on) return;
    this.#general = counters("requests", GENERAL);
    for (const [action, allowance] of Object.entries(STRICT)) this.#strict.set(action, counters(action, allowance));
  }

  /** Counts a request. Throws RATE_LIMITED `{retryAfter}`, in seconds. */
  async admit(url: string, address: string): Promise<void> {
    if (!UNCOUNTED.test(url)) await this.#general?.spend(networkOf(address));
  }

  /** Counts a call of an action that has a limit of its own. Throws RATE_LIMITED `{retryAfter}`, in seconds. */
  async spend(action: string, address: string): Promise<void> {
    await this.#strict.get(action)?.spend(networkOf(address));
  }
}
