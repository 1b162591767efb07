import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { fail } from "../../core/errors.ts";
import { networkOf } from "../../core/network.ts";

interface Allowance {
  requests: number;
  /** Within so many seconds. */
  seconds: number;
}

/** What one network may ask for, whatever it is: a rush of people behind one address fits in, a flood does not. */
export const GENERAL: Allowance = { requests: 3000, seconds: 60 };
/** What is dear to us, or worth abusing. */
export const STRICT: Record<string, Allowance> = {
  "auth.signup": { requests: 30, seconds: 3600 },
  "auth.signin": { requests: 60, seconds: 300 },
  "orders.create": { requests: 120, seconds: 60 },
};
/** Live streams open at a time from one network. */
export const MAX_STREAMS = 200;

/** Never counted: probes, the provider's webhooks, the sandbox's callers within the shop, and static files. */
const UNCOUNTED = /^\/(live|ready|metrics|v1\/|api\/webhooks\/|_nuxt\/|favicon)/;

/** Rate limits by network, counted in this process. With `on` false nothing is ever refused. */
export class Limits {
  readonly #general: RateLimiterMemory | undefined;
  readonly #strict = new Map<string, RateLimiterMemory>();

  constructor(on: boolean) {
    if (!on) return;
    this.#general = limiter(GENERAL);
    for (const [action, allowance] of Object.entries(STRICT)) this.#strict.set(action, limiter(allowance));
  }

  /** Counts a request. Throws RATE_LIMITED `{retryAfter}`, in seconds. */
  async admit(url: string, address: string): Promise<void> {
    if (this.#general && !UNCOUNTED.test(url)) await consume(this.#general, networkOf(address));
  }

  /** Counts a call of an action that has a limit of its own. Throws RATE_LIMITED `{retryAfter}`, in seconds. */
  async spend(action: string, address: string): Promise<void> {
    const strict = this.#strict.get(action);
    if (strict) await consume(strict, networkOf(address));
  }
}

/** The package counts by the machine's clock: what it guards is the machine, and not a rule of the shop. */
const limiter = ({ requests, seconds }: Allowance) => new RateLimiterMemory({ points: requests, duration: seconds });

async function consume(counter: RateLimiterMemory, network: string): Promise<void> {
  try {
    await counter.consume(network);
  } catch (refused) {
    const { msBeforeNext } = refused as RateLimiterRes;
    throw fail("RATE_LIMITED", { retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)) });
  }
}
