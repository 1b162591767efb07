import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { fail } from "../../core/errors.ts";

/** How long a wrong password counts, seconds. A refused attempt prolongs nothing. */
const WINDOW = 15 * 60;
/** Wrong passwords within the window: of one network for one e-mail, … */
export const PER_PAIR = 10;
/** … of one network for whatever e-mails, … */
export const PER_NETWORK = 100;
/** … and for one e-mail from wherever, except where its user has signed in before. */
export const PER_EMAIL = 100;

export interface Attempt {
  email: string;
  /** As `networkOf` names it; empty when the caller has no address (a call from inside). */
  network: string;
  /** The user of this e-mail has signed in from this network before. */
  familiar: boolean;
}

/**
 * Slows the guessing of passwords down. Attempts are counted before the password is looked at, so that many at
 * once do not slip through; a correct one takes its count back. Strangers can use an e-mail's attempts up, but not
 * for its user: where they signed in before, only their own network's mistakes count against them.
 */
export class SigninThrottle {
  readonly #network = limiter(PER_NETWORK);
  readonly #pair = limiter(PER_PAIR);
  readonly #email = limiter(PER_EMAIL);

  /** Throws RATE_LIMITED with `{retryAfter}`, seconds. */
  async admit(attempt: Attempt): Promise<void> {
    if (attempt.network) await consume(this.#network, attempt.network);
    await consume(this.#pair, pairOf(attempt));
    if (!attempt.familiar) await consume(this.#email, attempt.email);
  }

  /** The password was right: the e-mail starts anew. */
  async forgive(attempt: Attempt): Promise<void> {
    if (attempt.network) await this.#network.reward(attempt.network);
    await this.#pair.delete(pairOf(attempt));
    await this.#email.delete(attempt.email);
  }
}

/** The package keeps its own clock, the machine's: what it guards is the machine and not a rule of the shop. */
const limiter = (points: number) => new RateLimiterMemory({ points, duration: WINDOW });

const pairOf = ({ email, network }: Attempt) => `${network} ${email}`;

async function consume(counter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await counter.consume(key);
  } catch (refused) {
    const { msBeforeNext } = refused as RateLimiterRes;
    throw fail("RATE_LIMITED", { retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)) });
  }
}
