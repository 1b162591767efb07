import type { Span } from "./params.ts";

export interface Paging {
  limit: number;
  /** Ids: what is older than the first, or newer than the second. */
  after?: string | undefined;
  before?: string | undefined;
  created?: Span | undefined;
}

export interface Page<T> {
  /** Newest first. */
  rows: T[];
  more: boolean;
}

interface Row {
  readonly id: string;
  readonly at: number;
}

/** Things in the order of their creation: found by id, replaced in place, listed newest first, pruned at the old end. */
export class Shelf<T extends Row> {
  #rows: T[] = [];
  #positions = new Map<string, number>();
  /** How many were pruned: positions count from the first ever. */
  #pruned = 0;

  get(id: string): T | undefined {
    const position = this.#positions.get(id);
    return position === undefined ? undefined : this.#rows[position - this.#pruned];
  }

  put(row: T): void {
    const position = this.#positions.get(row.id);
    if (position !== undefined) {
      this.#rows[position - this.#pruned] = row;
      return;
    }
    this.#positions.set(row.id, this.#pruned + this.#rows.length);
    this.#rows.push(row);
  }

  /** Takes away what was created before `at`. */
  prune(at: number): void {
    const kept = this.#rows.findIndex((row) => row.at >= at);
    const old = this.#rows.splice(0, kept < 0 ? this.#rows.length : kept);
    for (const { id } of old) this.#positions.delete(id);
    this.#pruned += old.length;
  }

  /** A page as Stripe cuts it. Both ids have to exist: see `get`. */
  page({ limit, after, before, created }: Paging, match: (row: T) => boolean = () => true): Page<T> {
    const step = before === undefined ? -1 : 1;
    const cursor = before ?? after;
    let index = cursor === undefined ? this.#rows.length - 1 : this.#positions.get(cursor)! - this.#pruned + step;
    const rows: T[] = [];
    for (let row; (row = this.#rows[index]); index += step) {
      const second = Math.floor(row.at / 1000);
      // Rows lie in the order of their time, so beyond the span on the far side there are no more of it.
      if (created && (step < 0 ? second < created.from : second > created.to)) break;
      if (created && (second < created.from || second > created.to)) continue;
      if (!match(row)) continue;
      if (rows.length === limit) return { rows: step < 0 ? rows : rows.reverse(), more: true };
      rows.push(row);
    }
    return { rows: step < 0 ? rows : rows.reverse(), more: false };
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#rows[Symbol.iterator]();
  }
}
