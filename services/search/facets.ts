import { KINDS, type Kind } from "../schemas.ts";
import type { Facets, Wanted } from "./search.contract.ts";

/** Where the ranges of prices begin, minor units; each ends below the next. */
const PRICES_FROM = [0, 500, 1000, 2500, 5000, 10_000];

/** What an item is chosen by. */
export interface Traits {
  kind: Kind;
  seller: string;
  price: number;
  /** Which range of prices that is in, by `rangeOf`. */
  range: number;
  available: boolean;
}

export const rangeOf = (price: number): number => PRICES_FROM.findLastIndex((from) => price >= from);

/** Judges items one after the other, and counts what further choices would leave. */
export class Sieve {
  readonly #wanted: Wanted;
  readonly #kinds = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  readonly #prices = PRICES_FROM.map(() => 0);
  #available = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** Whether it is what is wanted; whoever fails by one choice alone counts in that dimension. */
  takes({ kind, seller, price, range, available }: Traits): boolean {
    const wanted = this.#wanted;
    if (wanted.seller !== undefined && wanted.seller !== seller) return false;
    const ofKind = wanted.kind === undefined || wanted.kind === kind;
    const ofPrice = price >= (wanted.min ?? 0) && price <= (wanted.max ?? Infinity);
    const asAvailable = wanted.available === undefined || wanted.available === available;
    if (ofPrice && asAvailable) this.#kinds[kind]++;
    if (ofKind && asAvailable) this.#prices[range]!++;
    if (ofKind && ofPrice && available) this.#available++;
    return ofKind && ofPrice && asAvailable;
  }

  get facets(): Facets {
    return {
      kind: KINDS.map((value) => ({ value, count: this.#kinds[value] })),
      price: PRICES_FROM.map((min, n) => {
        const next = PRICES_FROM[n + 1];
        return { min, max: next === undefined ? null : next - 1, count: this.#prices[n]! };
      }),
      available: this.#available,
    };
  }
}
