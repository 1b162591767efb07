import type { OrderState, SalesRow } from "./types.ts";

/** What a page wants to hear of. */
export interface Topics {
  items: string[];
  orders: string[];
  sales: boolean;
}

export interface StockChange {
  itemId: string;
  total: number;
  available: number;
  held: number;
  sold: number;
  nextAt: string | null;
}

export interface OrderChange {
  id: string;
  status: OrderState;
  expiresAt: string;
  now: string;
}

export type LiveEvent =
  | { type: "hello"; data: { now: string | number } }
  | { type: "stock"; data: StockChange }
  | { type: "order"; data: OrderChange }
  | { type: "sale"; data: SalesRow };

const MAX_ITEMS = 50;
const MAX_ORDERS = 20;
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 60_000;

/** All that several pages want, once each, within what one stream may carry. */
export function union(wants: Iterable<Topics>): Topics {
  const all = [...wants];
  const unique = (ids: string[], most: number) => [...new Set(ids)].sort().slice(0, most);
  return {
    items: unique(
      all.flatMap((want) => want.items),
      MAX_ITEMS,
    ),
    orders: unique(
      all.flatMap((want) => want.orders),
      MAX_ORDERS,
    ),
    sales: all.some((want) => want.sales),
  };
}

/** The stream's address; undefined when there is nothing to listen to. */
export function liveAddress({ items, orders, sales }: Topics): string | undefined {
  const query = new URLSearchParams();
  if (items.length > 0) query.set("items", items.join(","));
  if (orders.length > 0) query.set("orders", orders.join(","));
  if (sales) query.set("sales", "1");
  return query.size > 0 ? `/api/live?${query}` : undefined;
}

const covers = (open: Topics, wanted: Topics) =>
  wanted.items.every((id) => open.items.includes(id)) &&
  wanted.orders.every((id) => open.orders.includes(id)) &&
  (open.sales || !wanted.sales);

/** One event stream, reopened only when it does not carry what is wanted: reopening it sends all present state anew. */
export class LiveStream {
  readonly #tell: (event: LiveEvent) => void;
  #open: Topics | undefined;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #delay = FIRST_RETRY_MS;

  constructor(tell: (event: LiveEvent) => void) {
    this.#tell = tell;
  }

  /** True when the stream was opened anew, so that what was heard before is out of date. */
  follow(wanted: Topics): boolean {
    if (this.#open && covers(this.#open, wanted)) return false;
    this.close();
    this.#open = wanted;
    this.#connect(wanted);
    return true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
    this.#open = undefined;
  }

  #connect(topics: Topics): void {
    const address = liveAddress(topics);
    if (!address) return;
    const source = new EventSource(address);
    this.#source = source;
    for (const type of ["hello", "stock", "order", "sale"] as const) {
      source.addEventListener(type, (event) =>
        this.#tell({ type, data: JSON.parse((event as MessageEvent).data as string) }),
      );
    }
    source.onopen = () => {
      this.#delay = FIRST_RETRY_MS;
    };
    source.onerror = () => {
      // A lost connection is the browser's to mend; one that was refused stays closed and is ours.
      if (source.readyState !== EventSource.CLOSED) return;
      // One order that is not ours any more would silence the stock too: listen without the private topics.
      const next = { ...topics, orders: [], sales: false };
      this.#timer = setTimeout(() => this.#connect(next), this.#delay);
      this.#delay = Math.min(this.#delay * 2, LAST_RETRY_MS);
    };
  }
}
