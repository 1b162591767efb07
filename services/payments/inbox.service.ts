import type { Caller } from "../../core/contract.ts";
import { typeOf } from "../../core/errors.ts";
import { dueKey, fieldsOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService, type Cluster } from "../define.ts";
import { inbox, type Hint } from "./payments.contract.ts";

/** How long a hint waits for its next try, ms. */
const RETRY_AFTER = 5000;
/** How long a done row is kept, ms: the provider repeats an event for three days. */
const KEPT_FOR = 4 * 86_400_000;

/** The webhook inbox: durable before it is answered, acted upon at once, swept until it is done. */
export default defineService(inbox)({
  mixins: [
    Db<Hint>({
      name: "inbox",
      schema: fieldsOf<Hint>({
        _id: true,
        type: true,
        intent: true,
        state: true,
        at: true,
        doneAt: true,
        failures: true,
        error: true,
        due: true,
      }),
      indexes: [{ field: "due", unique: true, sparse: true }, { field: "intent" }],
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
      try {
        await this.broker.call("payments.settle", { intent });
      } catch (error) {
        await this.db.claim({ _id }, { $inc: { failures: 1 }, $set: { error: typeOf(error) ?? nameOf(error) } });
        throw error;
      }
      const doneAt = this.runtime.now();
      await this.db.claim({ _id }, { $set: { state: "done", doneAt, due: dueKey(doneAt + KEPT_FOR, _id) } });
    },
  },

  actions: {
    async keep(ctx) {
      const { id, type, intent } = ctx.params;
      const at = this.runtime.now();
      const hint: Hint = { _id: id, type, intent, state: "new", at, due: dueKey(at + RETRY_AFTER, id) };
      const kept = await this.db.insert(hint);
      this.runtime.crashPoint("inbox.kept");
      if (kept) this.work(hint).catch((error: unknown) => this.logger.warn(`Hint ${id} is left to the sweeper`, error));
      return kept;
    },
    inspect(ctx) {
      return this.db.find({ intent: { $in: ctx.params.intents } });
    },
    async sweep() {
      return { driven: await this.sweep() };
    },
    changes(ctx) {
      return changes(this.db, ctx.params);
    },
  },
});

/** What is kept of a failure: its kind, never its words. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "Error");
