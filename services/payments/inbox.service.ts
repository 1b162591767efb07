import type { Caller } from "../../core/contract.ts";
import { dueKey, fieldsOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService, type Cluster } from "../index.ts";
import { inbox } from "./payments.contract.ts";

/** One event of the provider. */
interface Hint {
  /** The provider's id of the event. */
  _id: string;
  type: string;
  intent: string;
  state: "new" | "done";
  /** While new: when it is tried again. Once done: when the row may go. */
  due?: string;
}

/** How long a hint waits for its next try, ms. */
const RETRY_AFTER = 5000;
/** How long a done row is kept, ms: the provider repeats an event for three days. */
const KEPT_FOR = 4 * 86_400_000;

/** The webhook inbox: durable before it is answered, acted upon at once, swept until it is done. */
export default defineService(inbox)({
  mixins: [
    Db<Hint>({
      name: "inbox",
      schema: fieldsOf<Hint>({ _id: true, type: true, intent: true, state: true, due: true }),
      indexes: [{ field: "due", unique: true, sparse: true }],
      durable: true,
    }),
    Sweeper<
      Hint,
      { work(hint: Hint): Promise<void>; db: { remove(query: object): Promise<number> }; broker: Caller<Cluster> }
    >({
      patience: RETRY_AFTER,
      async drive(hint) {
        if (hint.state === "done") await this.db.remove({ _id: hint._id });
        else await this.work(hint);
      },
    }),
  ],
  methods: {
    async work({ _id, intent }: Hint): Promise<void> {
      await this.broker.call("payments.settle", { intent });
      await this.db.claim({ _id }, { $set: { state: "done", due: dueKey(this.runtime.now() + KEPT_FOR, _id) } });
    },
  },

  actions: {
    async keep(ctx) {
      const { id, type, intent } = ctx.params;
      const hint: Hint = { _id: id, type, intent, state: "new", due: dueKey(this.runtime.now() + RETRY_AFTER, id) };
      const kept = await this.db.insert(hint);
      this.runtime.crashPoint("inbox.kept");
      if (kept) this.work(hint).catch((error: unknown) => this.logger.warn(`Hint ${id} is left to the sweeper`, error));
      return kept;
    },
    changes(ctx) {
      return changes(this.db, ctx.params);
    },
  },
});
