/**
 * Free units by item, as they were a moment ago. Replicas may hold the same hint and a hint may be stale:
 * the conditional write on the unit judges. What it saves is the search for a free unit at every claim.
 */
export class Hints {
  #free = new Map<string, string[]>();
  #refills = new Map<string, Promise<number>>();
  #read: (item: string) => Promise<string[]>;

  /** `read` gives the ids of free units from the store, in the order they are to be sold; empty when there are none. */
  constructor(read: (item: string) => Promise<string[]>) {
    this.#read = read;
  }

  /** A unit that was free a moment ago; undefined only after the store itself, asked since, said that there is none. */
  async take(item: string): Promise<string | undefined> {
    // A read that began before this call may have missed what was freed before this call.
    const earlier = this.#refills.get(item);
    for (;;) {
      const known = this.#free.get(item)?.pop();
      if (known !== undefined) return known;
      const refill = this.#refill(item);
      const found = await refill;
      // What others took of this read may not become theirs, and come back: only a read that found nothing is a no.
      if (!found && refill !== earlier) return undefined;
    }
  }

  put(item: string, unit: string): void {
    this.#free.get(item)?.push(unit);
  }

  /** One read serves everybody who waits for it; how many units it found. */
  #refill(item: string): Promise<number> {
    let refill = this.#refills.get(item);
    if (!refill) {
      refill = this.#read(item)
        // From the end, since taking from the end of an array costs the same at any length.
        .then((ids) => {
          this.#free.set(item, ids.toReversed());
          return ids.length;
        })
        .finally(() => this.#refills.delete(item));
      this.#refills.set(item, refill);
    }
    return refill;
  }
}
