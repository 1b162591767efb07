import { fail } from "../../core/errors.ts";
import { fieldsOf, keysOf, orderedKey } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { defineService } from "../define.ts";
import { MAX_WISHES, wishlist } from "./wishlist.contract.ts";

interface WishDoc {
  /** "<user>:<item>": the same wish is the same document. */
  _id: string;
  item: string;
  /** "<user>:<at>:<_id>": a user's wishes in the order of time. */
  wished: string;
}

const idOf = (user: string, item: string) => `${user}:${item}`;

/** What a user would like to have one day. */
export default defineService(wishlist)({
  mixins: [
    Db<WishDoc>({
      name: "wishes",
      schema: fieldsOf<WishDoc>({ _id: true, item: true, wished: true }),
      indexes: [{ field: "wished", unique: true }],
    }),
  ],

  actions: {
    async add(ctx) {
      const { itemId } = ctx.params;
      const user = ctx.meta.user!.id;
      const _id = idOf(user, itemId);
      if (await this.db.get(_id)) return null;
      const [quote] = await ctx.call("items.quote", { ids: [itemId] });
      if (!quote?.forSale) throw fail("NOT_FOUND");
      // Two at a time may pass it by one; the limit guards the store, and nobody's rights.
      if ((await this.db.count({ wished: keysOf(user) })) >= MAX_WISHES)
        throw fail("LIMIT_REACHED", { itemId, limit: MAX_WISHES });
      await this.db.insert({ _id, item: itemId, wished: orderedKey(user, this.runtime.now(), _id) });
      return null;
    },

    async remove(ctx) {
      await this.db.remove({ _id: idOf(ctx.meta.user!.id, ctx.params.itemId) });
      return null;
    },

    async list(ctx) {
      const wishes = await this.db.find({ wished: keysOf(ctx.meta.user!.id) }, { sort: "-wished" });
      return ctx.call("items.pick", { ids: wishes.map(({ item }) => item), ...ctx.params });
    },

    changes(ctx) {
      return changes(this.db, ctx.params);
    },
  },
});
