import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { ServiceBroker } from "moleculer";
import { fail } from "../../core/errors.ts";
import type { Envelope } from "../../core/facts.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { Counting } from "../../mixins/counters.ts";
import { Files } from "../../mixins/files/files.ts";
import { probes } from "../../mixins/health.ts";
import { cluster, defineService } from "../define.ts";
import type { OrderEvent } from "../orders/orders.contract.ts";
import { api } from "./api.contract.ts";
import { door, type Door } from "./door.ts";
import { sendFailure } from "./errors.ts";
import { Limits } from "./limits.ts";
import { Live } from "./live.ts";
import { documentOf } from "./openapi.ts";
import { PageCache } from "./pages.cache.ts";
import { Pages } from "./pages.ts";
import { readerOf } from "./params.ts";
import { operationsOf } from "./route.ts";
import { aliasesOf, restOf } from "./routes.ts";
import { drain, httpServer, listen } from "./server.ts";
import { Sessions } from "./session.ts";
import { route, routeTable, Web } from "./web.ts";

const published = operationsOf(cluster);
const operations = published.map((operation) => ({ operation, read: readerOf(operation) }));
const byRest = new Map(operations.map((entry) => [restOf(entry.operation), entry]));
const document = JSON.stringify(documentOf(published));

/** How long other services let the gateway go first, ms. They take up to 4 s themselves, and all of it may take 5 s. */
const HEAD_START = 800;

/** Every fact of an order may change what a live stream shows, and how many copies a page says are left. */
const orderFact = {
  mode: "each" as const,
  async handler(this: Shown, { type, data }: Envelope & { data: OrderEvent }) {
    this.live.orderChanged(type, data);
    this.pageCache.changed(data.items);
  },
};

const itemFact = {
  mode: "each" as const,
  async handler(this: Shown, { data }: Envelope & { data: { id: string } }) {
    this.pageCache.changed([data.id]);
  },
};

/** What this gateway shows of a world that changes. */
interface Shown {
  live: Live;
  pageCache: PageCache;
}

/** The one door to the shop: REST, server-sent events, files, the storefront. */
export default defineService(api)({
  mixins: [Web(), Files(), Bus(), Counting()],
  settings: {
    /** The server of the built storefront. */
    storefront: fileURLToPath(new URL("../../frontend/.output/server/index.mjs", import.meta.url)),
  },
  state: {} as {
    server: Server;
    sessions: Sessions;
    limits: Limits;
    live: Live;
    pageCache: PageCache;
    pages: Pages;
    isOpen: boolean;
    document: string;
    enter: Door;
    probe: ReturnType<typeof probes>;
    stopping?: Promise<void>;
  },
  actions: {},

  methods: {
    /** Every request comes in here. */
    async httpHandler(req: IncomingMessage, res: ServerResponse): Promise<void> {
      try {
        if (await this.enter(req, res)) return;
        // How it is it says from the beginning; the shop itself opens when it is started.
        if (!this.isOpen) {
          if (!this.probe(req, res)) throw fail("TRY_AGAIN");
          return;
        }
      } catch (error) {
        return this.errorHandler(req, res, error);
      }
      await route(this, req, res);
    },

    /** What moleculer-web calls for whatever a route threw. */
    errorHandler(req: IncomingMessage, res: ServerResponse, error: unknown): void {
      sendFailure(this, req, res, error);
    },

    find(method: string, path: string) {
      const found = this.resolveAlias(path, method);
      const entry = found ? byRest.get(`${found.alias.method} ${found.alias.fullPath}`) : undefined;
      return entry && found ? { ...entry, path: found.params } : undefined;
    },

    methodsOf(path: string): string[] {
      const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
      const fitting = this.aliases.filter(({ method, re }) => method !== "*" && re.test(plain));
      return [...new Set(fitting.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
    },

    /** Ends the streams and lets requests finish. */
    leave(): Promise<void> {
      this.live.end();
      return (this.stopping ??= drain(this.server, this.runtime));
    },

    /** In one process the other services wait with their own stop: requests in flight may need them. */
    leaveFirst(): Promise<void> {
      return new Promise((resolve, reject) => {
        const late = this.runtime.after(HEAD_START, resolve);
        this.leave().then(() => {
          late.cancel();
          resolve();
        }, reject);
      });
    },
  },

  hints: {
    "stock.changed"({ items }) {
      this.live.stockChanged(items);
      this.pageCache.changed(items);
    },
    "waitlist.granted"({ order }) {
      this.live.granted(order);
    },
  },

  subscriptions: {
    "item.published": itemFact,
    "item.changed": itemFact,
    "item.retired": itemFact,
    "order.reserved": orderFact,
    "order.rejected": orderFact,
    "order.closing": orderFact,
    "order.expired": orderFact,
    "order.cancelled": orderFact,
    "order.declined": orderFact,
    "order.paid": orderFact,
    "order.fulfilled": orderFact,
    "order.refunding": orderFact,
    "order.refund_failed": orderFact,
    "order.refunded": orderFact,
  },

  created() {
    const { config, secrets, runtime, broker } = this;
    const renew = (refresh: string) => broker.call("auth.renew", { refresh });
    this.document = document;
    this.sessions = new Sessions({ config, secrets, runtime, renew });
    this.limits = new Limits(config.RATE_LIMIT, this.counters);
    this.live = new Live(this);
    this.pageCache = new PageCache(runtime);
    this.enter = door(this);
    // In production these are not there.
    const absent = [!config.sandbox && "sandbox", !config.DEMO_SHOP && "demo"];
    const awaits = Object.keys(cluster).filter((name) => !absent.includes(name));
    this.probe = probes(broker as unknown as ServiceBroker, { awaits });
    this.server = httpServer((req, res) => void this.httpHandler(req, res));
    this.addRoute(routeTable(aliasesOf(this, operations), this));
    broker.middlewares.add({
      name: "GatewayFirst",
      starting: () => listen(this.server, config.PORT),
      stopping: () => this.leaveFirst(),
    });
  },

  async started() {
    this.pages = await Pages.load((this.settings as { storefront: string }).storefront, this);
    this.isOpen = true;
    this.logger.info(`The shop is open at ${this.config.PUBLIC_URL}`);
  },

  async stopped() {
    await this.leave();
  },
});
