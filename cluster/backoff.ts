/** How long what died waits before it is started again, ms: longer each time it dies young. */
const PAUSES = [100, 500, 1000, 2000, 5000, 10_000];
/** Who has lived for so long dies young no more, ms. */
const GROWN_UP = 10_000;

export class Backoff {
  #startedAt = 0;
  /** How often in a row it died young. */
  #young = 0;

  started(): void {
    this.#startedAt = Date.now();
  }

  /** The pause after a death, ms. */
  died(): number {
    this.#young = Date.now() - this.#startedAt < GROWN_UP ? this.#young + 1 : 0;
    return PAUSES[Math.min(this.#young, PAUSES.length - 1)]!;
  }
}
