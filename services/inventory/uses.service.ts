import { fieldsOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { defineService } from "../define.ts";
import { uses } from "./inventory.contract.ts";
import type { Use } from "./reservation.ts";

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
    find(ctx) {
      const { prefix } = ctx.params;
      return this.db.find({ _id: { $gt: prefix, $lt: `${prefix}~` } });
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
