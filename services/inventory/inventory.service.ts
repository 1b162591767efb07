import { fieldsOf, keysOf } from "../../core/store.ts";
import { Flights } from "../../core/flights.ts";
import type { Timer } from "../../core/runtime.ts";
import { changes } from "../../mixins/changes.ts";
import { isDuplicate } from "../../mixins/db/collection.ts";
import { Db } from "../../mixins/db/db.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import type { Stock } from "../schemas.ts";
import { Hints } from "./hints.ts";
import { inventory, slotsOf, type Refusal, type Verdict } from "./inventory.contract.ts";
import { reclaim, release, reserve, retireOrder, sellOrder, type StockRoom } from "./reservation.ts";
import { lapsesAt, newKeyUnit, newUnit, withdraw, type Unit } from "./unit.machine.ts";

/** Changes of stock within this time are told in one hint, ms. */
const ANNOUNCE_AFTER = 50;
/** How many free units a refill of the hints reads. */
const HINTED = 10_000;
/** How long a held unit past its deadline waits between two looks at its owner, ms. */
const RECLAIM_EVERY = 60_000;

/** The only judge of stock: one document per copy. */
export default defineService(inventory)({
  mixins: [
    Db<Unit>({
      name: "units",
      schema: fieldsOf<Unit>({
        _id: true,
        item: true,
        serial: true,
        state: true,
        free: true,
        held: true,
        slot: true,
        order: true,
        secret: true,
        due: true,
      }),
      indexes: ["free", "held", "slot", "due"].map((field) => ({ field, unique: true, sparse: true })),
      tally: { by: "item", of: "state" },
      durable: true,
    }),
    Sweeper<Unit, { room: StockRoom }>({
      patience: RECLAIM_EVERY,
      drive(unit) {
        return reclaim(this.room, unit);
      },
    }),
  ],
  state: {} as { room: StockRoom; reserving: Flights<Verdict>; changed: Set<string>; announcing: Timer | null },

  methods: {
    async count(item: string) {
      return summed((await this.db.tally([item])).get(item));
    },

    /** Retires so many free units, the highest serials first; fewer when fewer are free. */
    async withdraw(item: string, count: number): Promise<void> {
      for (let left = count; left > 0;) {
        const free = await this.db.find({ free: keysOf(item) }, { sort: "-free", limit: left });
        if (!free.length) return;
        for (const unit of free) {
          const { query, update } = withdraw(unit);
          if (await this.db.claim(query, update)) left--;
        }
      }
    },

    /** What is left for others to ask for: the refused order keeps nothing. */
    async soldOut(item: string, ours: number): Promise<Refusal> {
      const [counted] = await this.broker.call("inventory.stock", { items: [item] });
      const { stock, nextAt } = counted!;
      const held = stock.held - ours;
      const data = {
        itemId: item,
        available: stock.available + ours,
        held,
        nextAt: nextAt === null || held <= 0 ? null : new Date(nextAt).toISOString(),
      };
      return { type: "SOLD_OUT", data };
    },

    async announceOrder(order: string): Promise<void> {
      const reservation = await this.room.reservations.get(order);
      this.announce(reservation?.lines.map(({ item }) => item) ?? []);
    },

    /** Tells every node that stock changed, after the effect, a moment later and all at once. */
    announce(items: string[]): void {
      for (const item of items) this.changed.add(item);
      if (!this.changed.size) return;
      this.announcing ??= this.runtime.after(ANNOUNCE_AFTER, () => {
        const told = [...this.changed];
        this.changed.clear();
        this.announcing = null;
        void this.broker.broadcast("stock.changed", { items: told });
      });
    },
  },

  actions: {
    async reserve(ctx) {
      const verdict = await this.reserving.run(ctx.params.order, () => reserve(this.room, ctx.params));
      this.announce(ctx.params.lines.map(({ item }) => item));
      return verdict;
    },

    async release(ctx) {
      await release(this.room, ctx.params.order);
      await this.announceOrder(ctx.params.order);
      return null;
    },

    async sell(ctx) {
      const sold = await sellOrder(this.room, ctx.params.order);
      this.announce(sold.units.map(({ item }) => item));
      return sold;
    },

    async retire(ctx) {
      await retireOrder(this.room, ctx.params.order);
      await this.announceOrder(ctx.params.order);
      return null;
    },

    async provision(ctx) {
      const { item, total } = ctx.params;
      const counted = await this.count(item);
      const highest = counted.total + counted.retired;
      const added = Array.from({ length: Math.max(0, total - counted.total) }, (_, n) =>
        newUnit(item, highest + n + 1),
      );
      if (added.length) await this.db.insertMany(added);
      await this.withdraw(item, counted.total - total);
      this.announce([item]);
      const { retired: _, ...stock } = await this.count(item);
      return stock;
    },

    async addKeys(ctx) {
      const { item, keys } = ctx.params;
      const units = new Map(
        keys.map((key) => {
          const hash = this.secrets.hmac("unit", `${item}:${key}`).slice(0, 32);
          return [hash, () => newKeyUnit(item, hash, this.secrets.seal(key))] as const;
        }),
      );
      const added = await this.db.insertMany([...units.values()].map((make) => make()));
      this.announce([item]);
      return { added, duplicates: keys.length - added };
    },

    async stock(ctx) {
      const { items } = ctx.params;
      const counts = await this.db.tally(items);
      return Promise.all(
        items.map(async (item) => {
          const { retired: _, ...stock } = summed(counts.get(item));
          const next = stock.held ? (await this.db.find({ held: keysOf(item) }, { limit: 1 }))[0] : undefined;
          return { item, stock, nextAt: next ? lapsesAt(next.held!) : null };
        }),
      );
    },

    async reveal(ctx) {
      const units = await this.db.find({ slot: { $in: ctx.params.slots } });
      return units
        .filter(({ state, secret }) => state === "sold" && secret)
        .map(({ slot, secret }) => ({ slot: slot!, key: this.secrets.open(secret!) }));
    },

    async inspect(ctx) {
      const { order } = ctx.params;
      const reservation = await this.room.reservations.get(order);
      const slots = reservation?.lines.flatMap((line) => slotsOf(order, line)) ?? [];
      return { reservation, units: slots.length ? (await this.db.find({ slot: { $in: slots } })).map(shown) : [] };
    },

    async units(ctx) {
      const { item, state, limit } = ctx.params;
      const units = await this.db.find({ state, _id: keysOf(item) }, { limit });
      return units.map(shown).toSorted((a, b) => (a.serial ?? 0) - (b.serial ?? 0));
    },

    async holds(ctx) {
      const held = await this.db.find({ held: { $gt: "" } });
      const next = held.toSorted((a, b) => lapsesAt(a.held!) - lapsesAt(b.held!)).slice(0, ctx.params.limit);
      const buyers = new Map<string, string>();
      for (const order of new Set(next.map((unit) => unit.order!)))
        buyers.set(order, (await this.room.reservations.get(order))?.buyer ?? "");
      const rows = next.map(({ _id, item, serial, order, held: key }) => ({
        ...{ unit: _id, item, serial, order: order!, buyer: buyers.get(order!)!, until: lapsesAt(key!) },
      }));
      return { rows, total: held.length };
    },

    async sweep() {
      return { driven: await this.sweep() };
    },

    changes(ctx) {
      return changes(this.db, ctx.params, ["secret"]);
    },
  },

  created() {
    const { broker, db } = this;
    this.reserving = new Flights();
    this.changed = new Set();
    this.announcing = null;
    const hints = new Hints(async (item) =>
      (await this.db.find({ free: keysOf(item) }, { limit: HINTED })).map(({ _id }) => _id),
    );
    this.room = {
      reservations: {
        get: (id) => broker.call("reservations.get", { id }),
        insert: (doc) => broker.call("reservations.insert", { doc }),
        write: (doc, change) => broker.call("reservations.write", { doc, change }),
      },
      units: db,
      uses: {
        find: (query) => broker.call("uses.find", query),
        insert: (doc) => broker.call("uses.insert", { doc }),
        remove: (query) => broker.call("uses.remove", query),
      },
      isDuplicate,
      hints,
      soldOut: (item, ours) => this.soldOut(item, ours),
    };
  },

  async stopped() {
    this.announcing?.cancel();
  },
});

/** A unit as others may see it. */
const shown = ({ secret: _, ...unit }: Unit): Omit<Unit, "secret"> => unit;

const summed = ({ free = 0, held = 0, sold = 0, retired = 0 }: Record<string, number> = {}): Stock & {
  retired: number;
} => ({
  total: free + held + sold,
  available: free,
  held,
  sold,
  retired,
});
