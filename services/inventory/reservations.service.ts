import type { Caller } from "../../core/contract.ts";
import { fieldsOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db.ts";
import { Outbox } from "../../mixins/outbox.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService, type Cluster } from "../index.ts";
import { reservations } from "./inventory.contract.ts";
import type { Reservation } from "./reservation.ts";

/** A closed reservation is looked at until every unit of it is confirmed free, ms. */
const CLEAR_WITHIN = 5000;

export default defineService(reservations)({
  mixins: [
    Db<Reservation>({
      name: "reservations",
      schema: fieldsOf<Reservation>({
        _id: true,
        v: true,
        outbox: true,
        due: true,
        buyer: true,
        until: true,
        lines: true,
        state: true,
        refusal: true,
        clear: true,
      }),
      indexes: [{ field: "due", unique: true, sparse: true }],
      durable: true,
    }),
    Outbox<Reservation>({
      entity: "reservation",
      due: ({ state, clear }, now) =>
        (state === "refused" || state === "released") && !clear ? now + CLEAR_WITHIN : null,
    }),
    Sweeper<Reservation, { broker: Caller<Cluster> }>({
      patience: CLEAR_WITHIN,
      async drive({ _id }) {
        await this.broker.call("inventory.release", { order: _id });
      },
    }),
  ],
  actions: {
    get(ctx) {
      return this.store.get(ctx.params.id);
    },
    insert(ctx) {
      return this.store.insert(ctx.params.doc);
    },
    write(ctx) {
      return this.store.write(ctx.params.doc, ctx.params.change);
    },
    changes(ctx) {
      return changes(this.db, ctx.params, ["outbox"]);
    },
  },
});
