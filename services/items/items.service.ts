import type { Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { Timer } from "../../core/runtime.ts";
import { fieldsOf, type Change } from "../../core/store.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { Outbox } from "../../mixins/outbox.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import { Catalogue } from "./catalogue.ts";
import { count, provision, PROVISION_WITHIN, resize } from "./copies.ts";
import { changed, created, published, publishing, retired, withCover, withFile, withoutFile } from "./item.machine.ts";
import { coverOf, isSeller, ITEM_FIELDS, newItem, toItem, toQuote, type ItemDoc } from "./item.ts";
import { items, type Item } from "./items.contract.ts";
import { list, maySee, onSale, pick, search, seller } from "./showcase.ts";

/** A publishing item is driven on after this time, ms. */
const PUBLISH_AGAIN_AFTER = 10_000;
/** How often every replica reads all items again, in case it missed a fact, ms. */
const REFRESH_EVERY = 300_000;

/** Another replica may have changed it. */
const itemFact = {
  mode: "each" as const,
  async handler(this: { reread(id: string): Promise<void> }, { data }: { data: { id: string } }) {
    await this.reread(data.id);
  },
};

/** The catalogue: drafts, publishing, prices, files and kinds of goods. */
export default defineService(items)({
  mixins: [
    Db<ItemDoc>({
      name: "items",
      schema: fieldsOf<ItemDoc>(ITEM_FIELDS),
      indexes: [{ field: "due", unique: true, sparse: true }],
    }),
    Bus(),
    Outbox<ItemDoc>({
      entity: "item",
      due: ({ state }, now) => (state === "publishing" ? now + PUBLISH_AGAIN_AFTER : null),
    }),
    Sweeper<
      ItemDoc,
      { finishPublishing(id: string): Promise<ItemDoc>; store: { publish(doc: ItemDoc): Promise<void> } }
    >({
      patience: PUBLISH_AGAIN_AFTER,
      async drive(doc) {
        await this.store.publish(doc);
        if (doc.state === "publishing") await this.finishPublishing(doc._id);
      },
    }),
  ],
  state: {} as { catalogue: Catalogue; refreshing: Timer },

  methods: {
    /** An item of the caller's; for everybody else it does not exist. */
    async own(id: string, meta: Meta): Promise<ItemDoc> {
      const doc = await this.store.get(id);
      if (!doc || !isSeller(doc, meta)) throw fail("NOT_FOUND");
      return doc;
    },

    /** Another replica changed it. */
    async reread(id: string): Promise<void> {
      const doc = await this.store.get(id);
      if (doc) this.catalogue.put(doc);
    },

    /** A decided change, and the catalogue of this replica with it. */
    async change(id: string, decide: (doc: ItemDoc) => Change<ItemDoc> | null): Promise<ItemDoc> {
      const doc = (await this.store.change(id, (now) => {
        const change = decide(now);
        return change && { ...change, set: { ...change.set, changedAt: this.runtime.now() } };
      }))!;
      this.catalogue.put(doc);
      return doc;
    },

    /** publishing → published, once inventory has every unit; repeated by the sweeper. */
    async finishPublishing(id: string): Promise<ItemDoc> {
      const { copies } = (await this.store.get(id))!;
      if (copies !== null) await provision(this.broker, id, copies);
      return this.change(id, (doc) => published(doc, this.runtime.now()));
    },

    async show(doc: ItemDoc): Promise<Item> {
      return toItem(doc, (await count(this.broker, [doc])).get(doc._id));
    },
  },

  actions: {
    list(ctx) {
      return list(this, ctx.params, ctx.meta);
    },

    search(ctx) {
      return search(this, ctx.params);
    },

    seller(ctx) {
      return seller(this, ctx.params.id);
    },

    pick(ctx) {
      return pick(this, ctx.params, ctx.meta);
    },

    async get(ctx) {
      const doc = await this.store.get(ctx.params.id);
      if (!doc || !(await maySee(this.broker, doc, ctx.meta))) throw fail("NOT_FOUND");
      return this.show(doc);
    },

    async create(ctx) {
      const { id, name } = ctx.meta.user!;
      await ctx.call("auth.makeSeller", { user: id });
      const draft = newItem(ctx.params, this.runtime.id(), { id, name }, this.runtime.now());
      await this.store.insert(draft, created(draft));
      this.catalogue.put({ ...draft, v: 1 });
      return this.show({ ...draft, v: 1 });
    },

    async update(ctx) {
      const { id, stock, ...given } = ctx.params;
      const before = await this.own(id, ctx.meta);
      changed(before, { ...given, stock });
      if (stock !== undefined && before.state !== "draft") await resize(this.broker, before, stock);
      return this.show(await this.change(id, (doc) => changed(doc, { ...given, stock })));
    },

    async addKeys(ctx) {
      const { id, keys } = ctx.params;
      const { kind } = await this.own(id, ctx.meta);
      if (kind !== "keys") throw fail("KIND_IS_FIXED");
      const trimmed = keys.map((key) => key.trim());
      return ctx.call("inventory.addKeys", { item: id, keys: trimmed }, { timeout: PROVISION_WITHIN });
    },

    async publish(ctx) {
      const { id } = ctx.params;
      const own = await this.own(id, ctx.meta);
      const keys = own.kind === "keys" ? (await count(this.broker, [own])).get(id)!.stock.total : 0;
      const doc = await this.change(id, (now) => publishing(now, keys));
      this.runtime.crashPoint("items.publishing");
      return this.show(doc.state === "publishing" ? await this.finishPublishing(id) : doc);
    },

    async retire(ctx) {
      await this.own(ctx.params.id, ctx.meta);
      return this.show(await this.change(ctx.params.id, retired));
    },

    async mayUpload(ctx) {
      const { id, filename } = ctx.params;
      withFile(await this.own(id, ctx.meta), { filename, size: 0, type: "", sha256: "", blob: "", uploadedAt: 0 });
      return null;
    },

    async attachFile(ctx) {
      const { id, ...stored } = ctx.params;
      await this.own(id, ctx.meta);
      const file = { ...stored, uploadedAt: this.runtime.now() };
      await this.change(id, (doc) => withFile(doc, file));
      const { blob: _, ...shown } = file;
      return { ...shown, uploadedAt: new Date(file.uploadedAt).toISOString() };
    },

    async removeFile(ctx) {
      const { id, filename } = ctx.params;
      await this.own(id, ctx.meta);
      await this.change(id, (doc) => withoutFile(doc, filename, this.runtime.now()));
      return null;
    },

    async mayChange(ctx) {
      await this.own(ctx.params.id, ctx.meta);
      return null;
    },

    async setCover(ctx) {
      const { id, cover } = ctx.params;
      await this.own(id, ctx.meta);
      return { cover: coverOf(await this.change(id, (doc) => withCover(doc, cover))) };
    },

    async removeCover(ctx) {
      await this.own(ctx.params.id, ctx.meta);
      await this.change(ctx.params.id, (doc) => withCover(doc, null));
      return null;
    },

    async cover(ctx) {
      return (await this.store.get(ctx.params.id))?.cover ?? null;
    },

    async quote(ctx) {
      return (await this.db.find({ _id: { $in: ctx.params.ids } })).map(toQuote);
    },

    async read(ctx) {
      return (await this.db.find({ _id: { $in: ctx.params.ids } })).map(({ outbox: _, ...doc }) => doc);
    },

    async files(ctx) {
      return (await this.db.find({ _id: { $in: ctx.params.ids } })).map(({ _id, files }) => ({ id: _id, files }));
    },

    async onSale(ctx) {
      return onSale(this, ctx.params);
    },

    async sweep() {
      return { driven: await this.sweep() };
    },

    changes(ctx) {
      return changes(this.db, ctx.params, ["outbox"]);
    },
  },

  subscriptions: {
    "item.published": itemFact,
    "item.changed": itemFact,
    "item.retired": itemFact,
    "order.paid": {
      mode: "group",
      async handler({ data }) {
        for (const id of data.items) await this.db.claim({ _id: id }, { $inc: { sales: 1 } });
        await Promise.all(data.items.map((id) => this.reread(id)));
      },
    },
  },

  created() {
    this.catalogue = new Catalogue();
  },

  async started() {
    await this.catalogue.refresh(this.db);
    const late = (error: unknown) => this.logger.warn("The catalogue could not be read again", error);
    this.refreshing = this.runtime.every(REFRESH_EVERY, () => void this.catalogue.refresh(this.db).catch(late));
  },

  async stopped() {
    this.refreshing?.cancel();
  },
});
