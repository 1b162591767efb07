import type { Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { fieldsOf, keysOf } from "../../core/store.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { Outbox } from "../../mixins/outbox.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import { askerOf, tokenOf } from "../orders/orders.contract.ts";
import { closedTo, ENTRY_FIELDS, entryDue, entryId, stands, type Entry } from "./entry.machine.ts";
import { drive, join, leave, serve, type Line } from "./line.ts";
import { lineOf } from "./neighbours.ts";
import { MAX_LINE, waitlist } from "./waitlist.contract.ts";

/** How long a replica that took an overdue entry has it for itself, ms. */
const PATIENCE = 5000;

/** Who waits for what is sold out, and who is next. */
export default defineService(waitlist)({
  mixins: [
    Db<Entry>({
      name: "waitlist",
      schema: fieldsOf<Entry>(ENTRY_FIELDS),
      indexes: ["due", "place", "order", "ticket", "heldFor"].map((field) => ({ field, unique: true, sparse: true })),
      durable: true,
    }),
    Bus(),
    Outbox<Entry>({ entity: "entry", due: entryDue }),
    Sweeper<Entry, { line: Line }>({
      patience: PATIENCE,
      async drive({ _id }) {
        await drive(this.line, _id);
      },
    }),
  ],
  state: {} as { line: Line },

  methods: {
    /** The caller's own entry for an item. A guest shows that it is theirs by the token that joining gave them. */
    async own(item: string, { user, guestOrders = [] }: Meta): Promise<Entry | null> {
      if (user) return this.store.get(entryId(item, user.id));
      const entries = guestOrders.length ? await this.db.find({ ticket: { $in: guestOrders } }) : [];
      return entries.find((entry) => entry.item === item) ?? null;
    },

    /** Where an entry stands; the head is 1. */
    async positionOf(entry: Entry): Promise<number | null> {
      if (!stands(entry)) return null;
      return 1 + (await this.db.count({ place: { ...keysOf(entry.item), $lt: entry.place! } }));
    },

    /** The order that holds a copy for them. */
    async heldBy({ state, order }: Entry): Promise<string | null> {
      return state === "granted" && (await this.line.look(order!)).state === "reserved" ? order! : null;
    },

    async isAvailable(item: string): Promise<boolean> {
      const [counted] = await this.broker.call("inventory.stock", { items: [item] });
      return counted!.stock.available > 0;
    },
  },

  actions: {
    async join(ctx) {
      const { id: item, email } = ctx.params;
      const asker = askerOf(this, ctx.meta, email);
      const [quote] = await ctx.call("items.quote", { ids: [item] });
      if (!quote?.forSale) throw fail("NOT_FOUND");
      if (quote.seller.id === asker.buyer) throw fail("OWN_ITEM");
      if (quote.kind === "unlimited" || (await this.isAvailable(item))) throw fail("IN_STOCK");
      // A few at a time may pass it; who stands in it already is not counted out.
      const isKnown = await this.store.get(entryId(item, asker.buyer));
      if (!(isKnown && stands(isKnown)) && (await this.db.count({ place: keysOf(item) })) >= MAX_LINE)
        throw fail("LIMIT_REACHED", { itemId: item, limit: MAX_LINE });

      const { entry, isNew } = await join(this.line, { item, ...asker });
      if (entry.state === "left") throw fail("IN_STOCK");
      if (entry.state === "passed") throw fail("NOT_FOUND");
      const token = isNew && !asker.user ? tokenOf(this, entry.ticket) : undefined;
      const [position, orderId] = [await this.positionOf(entry), await this.heldBy(entry)];
      return { position, orderId, ...(token && { token }) };
    },

    async leave(ctx) {
      const entry = await this.own(ctx.params.id, ctx.meta);
      if (entry) await leave(this.line, entry._id);
      return null;
    },

    async place(ctx) {
      const { id: item } = ctx.params;
      const [entry, length] = await Promise.all([this.own(item, ctx.meta), this.db.count({ place: keysOf(item) })]);
      if (!entry) {
        const [quote] = await ctx.call("items.quote", { ids: [item] });
        if (!quote?.forSale) throw fail("NOT_FOUND");
        return { position: null, orderId: null, length };
      }
      return { position: await this.positionOf(entry), orderId: await this.heldBy(entry), length };
    },

    async serve(ctx) {
      return { waits: await serve(this.line, ctx.params.item) };
    },

    async grants(ctx) {
      const held = await this.db.find({ heldFor: keysOf(ctx.params.user) });
      const now = this.runtime.now();
      return held
        .filter(({ expiresAt }) => expiresAt! > now)
        .map(({ item, order, expiresAt }) => ({
          ...{ itemId: item, orderId: order! },
          expiresAt: new Date(expiresAt!).toISOString(),
        }));
    },

    async inspect(ctx) {
      const entry = await this.db.findOne({ order: ctx.params.order });
      if (!entry) return null;
      const { user: _user, email: _email, ...shown } = entry;
      return shown;
    },

    async sweep() {
      return { driven: await this.sweep() };
    },

    changes(ctx) {
      return changes(this.db, ctx.params, ["outbox", "user", "email"]);
    },
  },

  subscriptions: {
    "item.retired": {
      mode: "group",
      async handler({ data: { id } }) {
        const [quote] = await this.broker.call("items.quote", { ids: [id] });
        // It may be on sale again by now, and then people wait again.
        if (quote?.forSale) return;
        const entries = await this.db.find({ place: keysOf(id) });
        const end = (entry: Entry) => closedTo(entry, this.runtime.now());
        await Promise.all(entries.map(({ _id }) => this.store.change(_id, end)));
      },
    },
  },

  created() {
    this.line = lineOf(this, (entry) => {
      void this.broker.broadcast("waitlist.granted", { order: entry.order! });
      drive(this.line, entry._id).catch((error: unknown) =>
        this.logger.warn("Waiting list: left to the sweeper", error),
      );
    });
  },
});
