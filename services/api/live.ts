import type { ServerResponse } from "node:http";
import type { Injected } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { Timer } from "../../core/runtime.ts";
import { networkOf } from "../../core/network.ts";
import { httpRoutes } from "./api.contract.ts";
import { ClientGone } from "./body.ts";
import { MAX_STREAMS } from "./limits.ts";
import { GrantWatch } from "./live.grants.ts";
import { OrderWatch } from "./live.orders.ts";
import { StockWatch } from "./live.stock.ts";
import { LiveStream } from "./live.stream.ts";
import { queryOf, readerOf } from "./params.ts";
import { routeOf } from "./route.ts";
import type { Sessions } from "./session.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

/** How often a stream says something, ms; watched things are read again then, since hints and facts may get lost. */
export const COMMENT_EVERY = 15_000;
/** How long a stream lasts, ms: who may see what is asked anew when the client connects again. */
const STREAM_LIFE = 3_600_000;
/** Facts that change the sales of a seller. */
const SALES = new Set(["order.paid", "order.fulfilled", "order.refunded"]);

interface Host extends Injected {
  broker: Shop;
  sessions: Sessions;
  logger: { warn(...words: unknown[]): void };
}

interface Asked {
  items?: string[];
  orders?: string[];
  sales?: "1";
  waitlist?: "1";
}

/** What a stream listens to. */
interface Topics {
  items: string[];
  orders: string[];
  /** Whose sales. */
  seller?: string | undefined;
  /** Whose grants. */
  waiter?: string | undefined;
}

const read = readerOf(routeOf(httpRoutes.live.rest, httpRoutes.live.params));

/** `GET /api/live`: all streams of this process, and what they watch. */
export class Live {
  readonly #host: Host;
  readonly #stock: StockWatch;
  readonly #orders: OrderWatch;
  readonly #grants: GrantWatch;
  readonly #streams = new Set<LiveStream>();
  readonly #sellers = new Map<string, Set<LiveStream>>();
  readonly #networks = new Map<string, number>();
  readonly #ticker: Timer;
  #ended = false;

  constructor(host: Host) {
    this.#host = host;
    this.#stock = new StockWatch(host);
    this.#orders = new OrderWatch(host.broker);
    this.#grants = new GrantWatch(host.broker);
    this.#ticker = host.runtime.every(COMMENT_EVERY, () => this.#tick());
  }

  /** Opens a stream. Throws before anything is sent: VALIDATION_ERROR, SIGN_IN_REQUIRED, NOT_FOUND, RATE_LIMITED. */
  async open(req: WebRequest, res: ServerResponse): Promise<void> {
    const { runtime, sessions } = this.#host;
    const { items = [], orders = [], sales, waitlist } = read({ path: {}, query: queryOf(req.originalUrl) }) as Asked;
    const visitor = await sessions.visitor(req, res);
    if ((sales || waitlist) && !visitor.user) throw fail("SIGN_IN_REQUIRED");
    const stream = new LiveStream(res, sessions.meta(visitor, req.headers["order-token"]));
    const [seller, waiter] = [sales && visitor.user!.id, waitlist && visitor.user!.id];
    const asked = { items: [...new Set(items)], orders: [...new Set(orders)], seller, waiter };
    const forget = this.#admit(stream, asked, networkOf(visitor.address));
    res.once("close", forget);
    try {
      await Promise.all([
        this.#orders.watch(stream, asked.orders),
        this.#stock.watch(stream, asked.items),
        waiter && this.#grants.watch(stream, waiter),
      ]);
      if (res.destroyed) throw new ClientGone();
      if (this.#ended) throw fail("TRY_AGAIN");
    } catch (error) {
      forget();
      throw error;
    }
    stream.begin(new Date(runtime.now()).toISOString());
    if (req.method === "HEAD") return stream.end();
    const life = runtime.after(STREAM_LIFE, () => stream.end());
    res.once("close", () => life.cancel());
  }

  stockChanged(items: string[]): void {
    this.#stock.refresh(items).catch((error: unknown) => this.#late("stock", error));
  }

  granted(order: string): void {
    this.#grants.granted(order).catch((error: unknown) => this.#late(`grant ${order}`, error));
  }

  orderChanged(type: string, { id, seller }: { id: string; seller: string }): void {
    this.#orders.changed(id).catch((error: unknown) => this.#late(`order ${id}`, error));
    if (SALES.has(type) && this.#sellers.has(seller)) {
      this.#tellSeller(seller, id).catch((error: unknown) => this.#late(`sale ${id}`, error));
    }
  }

  /** Ends every stream, for a stop; clients connect again, to another gateway. */
  end(): void {
    this.#ended = true;
    this.#ticker.cancel();
    for (const stream of this.#streams) stream.end();
  }

  /** Counts a stream in; what it returns counts it out again. */
  #admit(stream: LiveStream, asked: Topics, network: string) {
    const open = this.#networks.get(network) ?? 0;
    if (this.#host.config.RATE_LIMIT && open >= MAX_STREAMS) throw fail("RATE_LIMITED", { retryAfter: 10 });
    this.#networks.set(network, open + 1);
    this.#streams.add(stream);
    const { seller } = asked;
    if (seller) this.#sellers.set(seller, (this.#sellers.get(seller) ?? new Set()).add(stream));
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = this.#networks.get(network)! - 1;
      if (left) this.#networks.set(network, left);
      else this.#networks.delete(network);
      this.#streams.delete(stream);
      const others = seller && this.#sellers.get(seller);
      if (others && others.delete(stream) && !others.size) this.#sellers.delete(seller);
      if (asked.waiter) this.#grants.unwatch(stream, asked.waiter);
      this.#orders.unwatch(stream, asked.orders);
      this.#stock.unwatch(stream, asked.items);
    };
  }

  async #tellSeller(seller: string, order: string): Promise<void> {
    const { rows } = await this.#host.broker.call("orders.salesOf", { order });
    for (const stream of this.#sellers.get(seller) ?? []) for (const row of rows) stream.push("sale", row);
  }

  #tick(): void {
    for (const stream of this.#streams) stream.comment();
    this.#stock.refresh().catch((error: unknown) => this.#late("stock", error));
    this.#orders.refresh().catch((error: unknown) => this.#late("orders", error));
    this.#grants.refresh().catch((error: unknown) => this.#late("grants", error));
  }

  /** Nothing is lost by it: what is watched is read again at the next comment. */
  #late(what: string, error: unknown): void {
    this.#host.logger.warn(`Live: ${what} could not be read`, error);
  }
}
