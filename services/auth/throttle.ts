import type { Counter, Counters } from "../../mixins/counters.ts";

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
  readonly #network: Counter;
  readonly #pair: Counter;
  readonly #email: Counter;

  constructor(counters: Counters) {
    this.#network = counters("signin.network", { times: PER_NETWORK, seconds: WINDOW });
    this.#pair = counters("signin.pair", { times: PER_PAIR, seconds: WINDOW });
    this.#email = counters("signin.email", { times: PER_EMAIL, seconds: WINDOW });
  }

  /** Throws RATE_LIMITED with `{retryAfter}`, seconds. */
  async admit(attempt: Attempt): Promise<void> {
    if (attempt.network) await this.#network.spend(attempt.network);
    await this.#pair.spend(pairOf(attempt));
    if (!attempt.familiar) await this.#email.spend(attempt.email);
  }

  /** The password was right: the e-mail starts anew. */
  async forgive(attempt: Attempt): Promise<void> {
    if (attempt.network) await this.#network.refund(attempt.network);
    await this.startAnew(attempt);
  }

  /** What was guessed before no longer counts: the password is another one. */
  async startAnew(attempt: Pick<Attempt, "email" | "network">): Promise<void> {
    await this.#pair.forget(pairOf(attempt));
    await this.#email.forget(attempt.email);
  }
}

const pairOf = ({ email, network }: Pick<Attempt, "email" | "network">) => `${network} ${email}`;
