/**
 * Work under way, by key. Whoever asks for the same meanwhile gets the same answer: those who ask again because they
 * had to wait add nothing to what they wait for, or a rush would never end.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    let flight = this.#flights.get(key);
    if (!flight) this.#flights.set(key, (flight = work().finally(() => this.#flights.delete(key))));
    return flight;
  }
}
