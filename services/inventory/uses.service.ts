import { fieldsOf, keysOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { defineService } from "../define.ts";
import { uses } from "./inventory.contract.ts";
import { codeBuyerThing, codeThing, type Use } from "./uses.ts";

/** How many places are looked at in one go; where there are no more, the look is exact and cheap. */
const LOOKED_AT = 32;

export default defineService(uses)({
  mixins: [
    Db<Use>({
      name: "uses",
      schema: fieldsOf<Use>({ _id: true, slot: true }),
      indexes: [{ field: "slot", unique: true, sparse: true }],
      durable: true,
    }),
  ],
  actions: {
    async look(ctx) {
      const { thing, cap, slot } = ctx.params;
      if (await this.db.findOne({ slot })) return { found: "own" };
      // Everybody looks from somewhere else, so that a rush does not fight for one place after another.
      const start = Math.floor(this.runtime.random() * cap);
      const look = async (count: number) => {
        const places = Array.from({ length: Math.min(count, cap) }, (_, n) => `${thing}:${(start + n) % cap}`);
        const some = await this.db.find({ _id: { $in: places } });
        const taken = new Set(some.map(({ _id }) => _id));
        return { place: places.find((one) => !taken.has(one)), some };
      };
      const { place, some } = await look(LOOKED_AT);
      if (place !== undefined) return { found: "vacant", place };
      const isFull = cap <= LOOKED_AT || (await this.db.count({ _id: keysOf(thing) })) >= cap;
      const last = isFull ? undefined : (await look(cap)).place;
      return last === undefined ? { found: "full", some } : { found: "vacant", place: last };
    },
    used(ctx) {
      const { seller, codes, buyer } = ctx.params;
      const count = (thing: string) => this.db.count({ _id: keysOf(thing) });
      return Promise.all(
        codes.map(async (code) => ({
          used: await count(codeThing(seller, code)),
          byBuyer: buyer === undefined ? 0 : await count(codeBuyerThing(seller, code, buyer)),
        })),
      );
    },
    insert(ctx) {
      return this.db.insert(ctx.params.doc);
    },
    remove(ctx) {
      return this.db.remove({ slot: ctx.params.slot });
    },
    changes(ctx) {
      return changes(this.db, ctx.params);
    },
  },
});
