import { fieldsOf, keysOf, orderedKey } from "../../core/store.ts";
import { Db } from "../../mixins/db/db.ts";
import { defineService } from "../define.ts";
import { DEFAULT_PAGE_SIZE } from "../schemas.ts";
import { records, type AuditRecord } from "./audit.contract.ts";

interface RecordDoc {
  /** "<at>:<random>", so that the ids are in the order of time. */
  _id: string;
  at: number;
  operator: string;
  command: string;
  target: string;
  outcome: string;
  /** "<order>:<at>:<_id>", where it concerns one. */
  about?: string;
}

/** What operators did. Records are added and completed; nothing changes or removes one that is complete. */
export default defineService(records)({
  mixins: [
    Db<RecordDoc>({
      name: "records",
      schema: fieldsOf<RecordDoc>({
        _id: true,
        at: true,
        operator: true,
        command: true,
        target: true,
        outcome: true,
        about: true,
      }),
      indexes: [{ field: "about", unique: true, sparse: true }],
      durable: true,
    }),
  ],

  actions: {
    async begin(ctx) {
      const { order, ...told } = ctx.params;
      const at = this.runtime.now();
      const _id = `${String(at).padStart(15, "0")}:${this.runtime.id()}`;
      const about = order === null ? undefined : orderedKey(order, at, _id);
      await this.db.insert({ _id, at, ...told, outcome: "begun", ...(about && { about }) });
      return { id: _id };
    },

    async end(ctx) {
      const { id, outcome } = ctx.params;
      await this.db.claim({ outcome: "begun", _id: id }, { $set: { outcome } });
      return null;
    },

    async list(ctx) {
      const { order, page = 1, pageSize = DEFAULT_PAGE_SIZE } = ctx.params;
      const [query, sort] = order === undefined ? [{}, "-_id"] : [{ about: keysOf(order) }, "-about"];
      const docs = await this.db.find(query, { sort, skip: (page - 1) * pageSize, limit: pageSize });
      return { rows: docs.map(toRecord), total: await this.db.count(query), page, pageSize };
    },
  },
});

const toRecord = ({ _id, at, about, ...told }: RecordDoc): AuditRecord => ({
  id: _id,
  at: new Date(at).toISOString(),
  ...told,
  order: about?.split(":")[0] ?? null,
});
