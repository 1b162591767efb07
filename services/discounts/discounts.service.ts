import { fail } from "../../core/errors.ts";
import { fieldsOf, keysOf, orderedKey } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { defineService } from "../define.ts";
import { DEFAULT_PAGE_SIZE, money } from "../schemas.ts";
import { apply, canonical, idOf, toDiscount, type DiscountDoc } from "./discount.ts";
import { discounts } from "./discounts.contract.ts";

/** What a seller's codes are worth. How often one was used is inventory's to judge: each use is a unit there. */
export default defineService(discounts)({
  mixins: [
    Db<DiscountDoc>({
      name: "discounts",
      schema: fieldsOf<DiscountDoc>({
        _id: true,
        code: true,
        percent: true,
        amount: true,
        items: true,
        cap: true,
        perBuyer: true,
        endsAt: true,
        createdAt: true,
        endedAt: true,
        ownedBy: true,
      }),
      indexes: [{ field: "ownedBy", unique: true }],
    }),
  ],

  actions: {
    async create(ctx) {
      const { endsAt, ...given } = ctx.params;
      const seller = ctx.meta.user!.id;
      const items = given.items && [...new Set(given.items)];
      if (items) {
        const quotes = await ctx.call("items.quote", { ids: items });
        const own = new Set(quotes.filter((quote) => quote.seller.id === seller).map(({ id }) => id));
        const foreign = items.find((id) => !own.has(id));
        if (foreign !== undefined) throw fail("NOT_FOUND", { itemId: foreign });
      }
      const _id = idOf(seller, given.code);
      const createdAt = this.runtime.now();
      const doc: DiscountDoc = {
        ...given,
        _id,
        code: canonical(given.code),
        ...(items && { items }),
        ...(endsAt !== undefined && { endsAt: timeOf(endsAt) }),
        createdAt,
        ownedBy: orderedKey(seller, createdAt, _id),
      };
      if (!(await this.db.insert(doc))) throw fail("CODE_TAKEN");
      return toDiscount(doc, 0, createdAt);
    },

    async list(ctx) {
      const { page = 1, pageSize = DEFAULT_PAGE_SIZE } = ctx.params;
      const seller = ctx.meta.user!.id;
      const mine = { ownedBy: keysOf(seller) };
      const docs = await this.db.find(mine, { sort: "-ownedBy", skip: (page - 1) * pageSize, limit: pageSize });
      const counts = await ctx.call("inventory.used", { seller, codes: docs.map(({ code }) => code) });
      const now = this.runtime.now();
      const rows = docs.map((doc, n) => toDiscount(doc, counts[n]!.used, now));
      return { rows, total: await this.db.count(mine), page, pageSize };
    },

    async end(ctx) {
      const _id = idOf(ctx.meta.user!.id, ctx.params.code);
      const ended = await this.db.claim(
        { endedAt: { $exists: false }, _id },
        { $set: { endedAt: this.runtime.now() } },
      );
      if (!ended && !(await this.db.get(_id))) throw fail("NOT_FOUND");
      return null;
    },

    async quote(ctx) {
      const { code: asked, lines } = ctx.params;
      const code = canonical(asked);
      const quotes = new Map(
        (await ctx.call("items.quote", { ids: lines.map(({ itemId }) => itemId) })).map((quote) => [quote.id, quote]),
      );
      const priced = lines.map(({ itemId, quantity }) => {
        const quote = quotes.get(itemId);
        if (!quote?.forSale) throw fail("NOT_FOUND", { itemId });
        return { itemId, amount: quote.price * quantity, seller: quote.seller.id };
      });
      const { seller } = priced[0]!;
      if (priced.some((line) => line.seller !== seller)) throw fail("MIXED_SELLERS");
      const applied = apply(await this.db.get(idOf(seller, code)), priced, this.runtime.now());
      if ("reason" in applied) throw fail("CODE_INVALID", { code, reason: applied.reason });
      const { cap, perBuyer, amount } = applied;
      const buyer = ctx.meta.user?.id;
      const [counted] = await ctx.call("inventory.used", { seller, codes: [code], ...(buyer && { buyer }) });
      const { used, byBuyer } = counted!;
      if (perBuyer !== null && byBuyer >= perBuyer) throw fail("CODE_USED_UP", { code, limit: "buyer" });
      if (cap !== null && used >= cap) throw fail("CODE_USED_UP", { code, limit: "code" });
      const total = priced.reduce((sum, line) => sum + line.amount, 0) - amount;
      return { discount: money(amount), total: money(total) };
    },

    async apply(ctx) {
      const { seller, code, lines } = ctx.params;
      return apply(await this.db.get(idOf(seller, code)), lines, this.runtime.now());
    },

    changes(ctx) {
      return changes(this.db, ctx.params);
    },
  },
});

/** The format allows a leap second, of which no Date knows. */
function timeOf(endsAt: string): number {
  const time = Date.parse(endsAt);
  if (Number.isNaN(time)) throw fail("VALIDATION_ERROR", [{ field: "endsAt", rule: "format" }]);
  return time;
}
