import type { Subscription } from "../../core/contract.ts";
import type { Timer } from "../../core/runtime.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { defineService } from "../define.ts";
import type { ItemDoc } from "../items/items.contract.ts";
import { Availability } from "./availability.ts";
import { Finder } from "./finder.ts";
import { search } from "./search.contract.ts";

/** How many items are indexed in one go, some 10 ms of work; then others have their turn. */
const PAGE = 100;
/** How often every replica reads all items again, in case it missed a fact or a hint, ms. */
const REFRESH_EVERY = 300_000;
/** How long to wait for items that cannot be read at the start, ms. */
const AGAIN_AFTER = 1000;

/** An item became another: every replica reads it again. */
const reread: Subscription<{ id: string }> = {
  mode: "each",
  async handler(this: { reread(id: string): Promise<void> }, { data }: { data: { id: string } }) {
    await this.reread(data.id);
  },
};

/** Finds items by words, typos forgiven. It owns nothing: each replica has an index of its own, made of what the owners say. */
export default defineService(search)({
  mixins: [Bus()],
  state: {} as { finder: Finder; availability: Availability; built: Promise<void>; refreshing: Timer },

  methods: {
    async reread(id: string): Promise<void> {
      for (const doc of await this.broker.call("items.read", { ids: [id] })) this.finder.put(doc);
      if (this.finder.counts(id)) await this.availability.read([id]);
    },

    /** R9: all items and their stock, as if they had just changed. */
    async readAll(): Promise<void> {
      for (let after: string | null = ""; after !== null;) {
        const page: { rows: unknown[]; next: string | null } = await this.broker.call("items.changes", {
          after,
          limit: PAGE,
        });
        const docs = page.rows as ItemDoc[];
        for (const doc of docs) this.finder.put(doc);
        await this.availability.read(docs.map(({ _id }) => _id).filter((id) => this.finder.counts(id)));
        await this.runtime.sleep(0);
        after = page.next;
      }
    },

    async build(): Promise<void> {
      // Facts arrive from now on, so that none falls between them and the snapshot.
      if (!this.broker.started)
        await new Promise<void>((resolve) => this.broker.localBus.once("$broker.started", resolve));
      while (!this.broker.stopping) {
        try {
          return await this.readAll();
        } catch (error) {
          this.logger.warn("Search: the items could not be read, again in a moment", error);
          await this.runtime.sleep(AGAIN_AFTER);
        }
      }
    },
  },

  actions: {
    async find(ctx) {
      await this.built;
      return this.finder.find(ctx.params);
    },
  },

  subscriptions: { "item.published": reread, "item.changed": reread, "item.retired": reread },

  hints: {
    "stock.changed"({ items }) {
      this.availability.changed(items.filter((id) => this.finder.counts(id)));
    },
  },

  created() {
    this.finder = new Finder();
    this.availability = new Availability(this, (item, available) => this.finder.setAvailable(item, available));
  },

  async started() {
    // Not waited for: the shop opens at once, and who searches meanwhile waits for the rest of the work.
    this.built = this.build();
    this.refreshing = this.runtime.every(REFRESH_EVERY, () => {
      this.readAll().catch((error: unknown) => this.logger.warn("Search: the items could not be read again", error));
    });
  },

  async stopped() {
    this.refreshing?.cancel();
    this.availability.stop();
  },
});
