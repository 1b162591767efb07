import { Readable } from "node:stream";
import type { Meta } from "../../core/contract.ts";
import type { Timer } from "../../core/runtime.ts";
import { Files } from "../../mixins/files/files.ts";
import { defineService } from "../define.ts";
import type { Item } from "../items/items.contract.ts";
import { CURRENCY, MAX_PAGE_SIZE } from "../schemas.ts";
import { buyer, sellers, type Seller } from "./catalogue.ts";
import { demo } from "./demo.contract.ts";
import type { Listing } from "./listing.ts";

/** Whom the gateway would name in `meta.user`. */
type User = NonNullable<Meta["user"]>;

/** Of all three demo accounts, and written in the README; in production nobody knows theirs. */
const PASSWORD = "holdfast-demo";
/** How long to wait for the neighbours before trying later, ms. */
const NEIGHBOURS_WITHIN = 1000;
/** Between two attempts, doubled each time up to the second, ms. */
const RETRY_AFTER = [1000, 60_000] as const;
/** In a cluster, how long replicas take to know of each other, ms. */
const DISCOVERED_WITHIN = 2000;

/** Fills an empty shop with a catalogue to try it on. Every step bears repeating, so a start after a crash goes on. */
export default defineService(demo)({
  mixins: [Files()],
  state: {} as { filling: Promise<void>; retry: Timer | undefined; stopping: boolean },
  actions: {},

  methods: {
    /** Neighbours may start later, or lose an answer: then again, after a while. */
    async attempt(wait: number): Promise<void> {
      try {
        await this.broker.waitForServices(["auth", "items"], NEIGHBOURS_WITHIN);
        if (this.config.NATS_URL) await this.runtime.sleep(DISCOVERED_WITHIN);
        if (this.mayGoOn() && (await this.isOurs())) await this.fill();
      } catch (error) {
        if (this.stopping) return;
        this.logger.debug("The demo catalogue is not complete yet", error);
        this.retry = this.runtime.after(wait, () => {
          this.filling = this.attempt(Math.min(wait * 2, RETRY_AFTER[1]));
        });
      }
    },

    /** Two replicas would list everything twice: the one whose node has the first name does the work. */
    mayGoOn(): boolean {
      const first = this.broker.registry
        .getServiceList({ onlyAvailable: true })
        .every(({ name, nodeID }) => name !== demo.name || nodeID! >= this.broker.nodeID);
      return first && !this.stopping;
    },

    /** Nothing is on sale yet, or what is on sale began with us. */
    async isOurs(): Promise<boolean> {
      const { rows, total } = await this.broker.call("items.list", { pageSize: MAX_PAGE_SIZE });
      const ours = ({ title, seller }: Item) =>
        sellers.some(
          ({ name, listings }) => name === seller.name && listings.some((listing) => listing.title === title),
        );
      return total === 0 || rows.some(ours);
    },

    async fill(): Promise<void> {
      if (!this.config.production) await this.ensure(buyer);
      const shelves = await Promise.all(sellers.map(async (seller) => this.shelf(await this.ensure(seller), seller)));
      // The newest item is shown first: so the last goes in first, and the sellers take turns.
      const deepest = Math.max(...shelves.map(({ missing }) => missing.length));
      let listed = 0;
      for (let depth = deepest; depth > 0; depth--) {
        for (const { user, missing } of shelves) {
          const next = missing[depth - 1];
          if (!next) continue;
          if (!this.mayGoOn()) return;
          await this.list(user, next.listing, next.draft);
          listed++;
        }
      }
      const signIn = this.config.production ? "" : ` Sign in as ${buyer.email} with the password ${PASSWORD}.`;
      this.logger.info(`The demo shop is open${listed ? ` with ${listed} new items` : ""}.${signIn}`);
    },

    async ensure({ name, email }: { name: string; email: string }): Promise<User> {
      const password = this.config.production ? this.runtime.bytes(24).toString("base64url") : PASSWORD;
      const { id, roles } = await this.broker.call("auth.ensure", { name, email, password });
      return { id, name, roles };
    },

    /**
     * What a seller has still to list, and the drafts that a crash left behind. Items are never deleted, so as many as
     * there should be means that all were made: one that was renamed since is not made again.
     */
    async shelf(user: User, { listings }: Seller) {
      const own = await this.broker.call("items.list", { seller: "me", pageSize: MAX_PAGE_SIZE }, { meta: { user } });
      const known = new Map(own.rows.map((item) => [item.title, item]));
      const missing = listings.flatMap((listing) => {
        const item = known.get(listing.title);
        const wanted = item ? item.status === "draft" : own.total < listings.length;
        return wanted ? [{ listing, draft: item?.id }] : [];
      });
      return { user, missing };
    },

    /** From a draft to the shop window: the goods first, so that nothing is on sale without them. */
    async list(user: User, listing: Listing, draft: string | undefined): Promise<void> {
      const as = { meta: { user } };
      const id = draft ?? (await this.draft(user, listing)).id;
      if (listing.kind === "keys") {
        await this.broker.call("items.addKeys", { id, keys: listing.keys() }, as);
      } else {
        for (const { filename, type, bytes } of listing.files()) {
          const stored = await this.files.put(Readable.from([bytes]));
          await this.broker.call("items.attachFile", { id, filename, type, ...stored }, as);
        }
      }
      await this.broker.call("items.publish", { id }, as);
    },

    draft(user: User, listing: Listing): Promise<Item> {
      const { title, description, perBuyer = null } = listing;
      const common = { title, description, perBuyer, price: { amount: listing.price, currency: CURRENCY } } as const;
      const { kind } = listing;
      const params = kind === "edition" ? { ...common, kind, stock: listing.stock } : { ...common, kind };
      return this.broker.call("items.create", params, { meta: { user } });
    },
  },

  created() {
    this.filling = Promise.resolve();
    this.stopping = false;
  },

  async started() {
    if (this.config.DEMO_SHOP) this.filling = this.attempt(RETRY_AFTER[0]);
  },

  async stopped() {
    this.stopping = true;
    this.retry?.cancel();
    await this.filling;
  },
});
