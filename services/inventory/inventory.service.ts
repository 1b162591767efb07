import { fieldsOf, keysOf } from "../../core/store.ts";
import { Flights } from "../../core/flights.ts";
import { within } from "../../core/runtime.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import { Announcer } from "./announcer.ts";
import { Hints } from "./hints.ts";
import { inventory, slotsOf, type Refusal, type Verdict } from "./inventory.contract.ts";
import { passOn, recall, Returns } from "./returning.ts";
import { reclaim, release, reserve, retireOrder, sellOrder, type StockRoom } from "./reservation.ts";
import { stockRoom } from "./room.ts";
import { arrive, summed, takeBack } from "./stocking.ts";
import { lapsesAt, newKeyUnit, newUnit, type Unit } from "./unit.machine.ts";

/** How many free units a refill of the hints reads. */
const HINTED = 10_000;
/** How long a held unit past its deadline waits between two looks at its owner, ms. */
const RECLAIM_EVERY = 60_000;
/** How long a returning unit waits between two tries to pass it on, ms. */
const PASS_ON_EVERY = 3000;
/** How long whoever gave copies back waits until they are passed on, ms. */
const PASS_ON_WITHIN = 1000;

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
        returning: true,
        turn: true,
        caller: true,
        slot: true,
        order: true,
        secret: true,
        due: true,
      }),
      indexes: ["free", "held", "returning", "slot", "due"].map((field) => ({ field, unique: true, sparse: true })),
      tally: { by: "item", of: "state" },
      durable: true,
    }),
    Sweeper<Unit, { room: StockRoom; returns: Returns }>({
      patience: ({ state }) => (state === "returning" ? PASS_ON_EVERY : RECLAIM_EVERY),
      async drive(unit) {
        if (unit.state === "returning") this.returns.add(unit);
        else await reclaim(this.room, unit);
        await this.returns.settle(unit.item);
      },
    }),
  ],
  state: {} as { room: StockRoom; returns: Returns; reserving: Flights<Verdict>; announcer: Announcer },

  methods: {
    async count(item: string) {
      return summed((await this.db.tally([item])).get(item));
    },

    /** Copies of these items were given back: whoever waits has them now, or they are on sale. */
    async passOn(items: string[]): Promise<void> {
      await within(this.runtime, PASS_ON_WITHIN, Promise.all(items.map((item) => this.returns.settle(item))));
    },

    /** New copies of an item that had so many ever; how many were new. */
    async arrive(item: string, units: Unit[], made: number): Promise<number> {
      const { added, back } = await arrive(this.db, item, units, { first: made === 0, now: this.runtime.now() });
      for (const unit of back) this.returns.add(unit);
      await this.passOn([item]);
      return added;
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

    /** What the order held is given back. */
    async gaveBack(order: string): Promise<void> {
      const items = (await this.room.reservations.get(order))?.lines.map(({ item }) => item) ?? [];
      this.announcer.announce(items);
      await this.passOn(items);
    },
  },

  actions: {
    async reserve(ctx) {
      const { order, lines, granted } = ctx.params;
      const items = lines.map(({ item }) => item);
      const verdict = await this.reserving.run(order, () => reserve(this.room, ctx.params));
      this.announcer.announce(items);
      const passing = verdict.state === "held" ? null : this.passOn(items);
      // Whoever passes a copy on waits for a granted order, so that must not wait for them.
      if (!granted) await passing;
      return verdict;
    },

    async release(ctx) {
      await release(this.room, ctx.params.order);
      this.runtime.crashPoint("inventory.returning");
      await this.gaveBack(ctx.params.order);
      return null;
    },

    async sell(ctx) {
      const sold = await sellOrder(this.room, ctx.params.order);
      this.announcer.announce(sold.units.map(({ item }) => item));
      return sold;
    },

    async retire(ctx) {
      await retireOrder(this.room, ctx.params.order);
      await this.gaveBack(ctx.params.order);
      return null;
    },

    async provision(ctx) {
      const { item, total } = ctx.params;
      const { stock, made } = await this.count(item);
      const missing = Math.max(0, total - stock.total);
      const added = Array.from({ length: missing }, (_, n) => newUnit(item, made + n + 1));
      if (missing) await this.arrive(item, added, made);
      await takeBack(this.db, item, stock.total - total);
      this.announcer.announce([item]);
      return (await this.count(item)).stock;
    },

    async addKeys(ctx) {
      const { item, keys } = ctx.params;
      const units = new Map(
        keys.map((key) => {
          const hash = this.secrets.hmac("unit", `${item}:${key}`).slice(0, 32);
          return [hash, () => newKeyUnit(item, hash, this.secrets.seal(key))] as const;
        }),
      );
      const { made } = await this.count(item);
      const sealed = [...units.values()].map((make) => make());
      const added = await this.arrive(item, sealed, made);
      this.announcer.announce([item]);
      return { added, duplicates: keys.length - added };
    },

    async recall(ctx) {
      return { available: await recall(this.room, ctx.params.item, ctx.params.caller) };
    },

    async stock(ctx) {
      const { items } = ctx.params;
      const counts = await this.db.tally(items);
      return Promise.all(
        items.map(async (item) => {
          const { stock, made } = summed(counts.get(item));
          const next = stock.held ? (await this.db.find({ held: keysOf(item) }, { limit: 1 }))[0] : undefined;
          return { item, stock, made, nextAt: next ? lapsesAt(next.held!) : null };
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

    used(ctx) {
      return this.broker.call("uses.used", ctx.params);
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
    this.announcer = new Announcer(this.runtime, (items) => void broker.broadcast("stock.changed", { items }));
    const hints = new Hints(async (item) =>
      (await this.db.find({ free: keysOf(item) }, { limit: HINTED })).map(({ _id }) => _id),
    );
    this.room = stockRoom(broker, {
      ...{ units: db, hints, soldOut: (item, ours) => this.soldOut(item, ours) },
      returned: (unit) => this.returns.add(unit),
      now: () => this.runtime.now(),
    });
    this.returns = new Returns({
      passOn: (item, units) => passOn(this.room, item, units).finally(() => this.announcer.announce([item])),
      warn: (...words) => this.logger.warn(...words),
    });
  },

  async stopped() {
    this.announcer.stop();
  },
});

/** A unit as others may see it. */
const shown = ({ secret: _, ...unit }: Unit): Omit<Unit, "secret"> => unit;
