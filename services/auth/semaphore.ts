/** Lets so many pieces of work run at a time, and so many more wait; what comes on top is turned away. */
export class Semaphore {
  #free: number;
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];

  constructor(permits: number, places: number) {
    this.#free = permits;
    this.#places = places;
  }

  /** Runs the work in its turn. `turnedAway` makes the error for whom there is no place left. */
  async run<T>(work: () => Promise<T>, turnedAway: () => Error): Promise<T> {
    if (this.#free > 0) this.#free--;
    else if (this.#waiting.length >= this.#places) throw turnedAway();
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await work();
    } finally {
      // A permit is handed on, not given back, so that nobody overtakes who waits.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
