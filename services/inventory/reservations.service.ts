import type { Caller } from "../../core/contract.ts";
import { fieldsOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { Outbox } from "../../mixins/outbox.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService, type Cluster } from "../define.ts";
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
        code: true,
        granted: true,
        state: true,
        refusal: true,
        clear: true,
        history: true,
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
      const { doc } = ctx.params;
      return this.store.insert({ ...doc, history: [{ at: this.runtime.now(), state: doc.state }] });
    },
    write(ctx) {
      const { doc, change } = ctx.params;
      const at = this.runtime.now();
      const history = [...(doc.history ?? []), { at, state: change.set.clear ? "clear" : (change.set.state ?? "") }];
      return this.store.write(doc, { ...change, set: { ...change.set, history } });
    },
    async sweep() {
      return { driven: await this.sweep() };
    },
    changes(ctx) {
      return changes(this.db, ctx.params, ["outbox"]);
    },
  },
});
