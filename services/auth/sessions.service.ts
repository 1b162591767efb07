import type { Runtime } from "../../core/runtime.ts";
import { fieldsOf } from "../../core/store.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { Db } from "../../mixins/db/db.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import {
  firstToken,
  hashOf,
  lifetime,
  newestFrom,
  REMEMBERED,
  sessionOf,
  successor,
  toListed,
  type Session,
} from "./refresh.ts";
import { sessions } from "./sessions.contract.ts";

/** How long a sweeper has to remove an expired session before another one tries, ms. */
const REMOVE_WITHIN = 60_000;

/** Families of refresh tokens; revoking one removes its document. */
export default defineService(sessions)({
  mixins: [
    Db<Session>({
      name: "sessions",
      schema: fieldsOf<Session>({
        _id: true,
        user: true,
        current: true,
        used: true,
        device: true,
        createdAt: true,
        expiresAt: true,
        due: true,
      }),
      indexes: [{ field: "due", unique: true, sparse: true }, { field: "user" }],
    }),
    Sweeper<Session, { db: Collection<Session>; runtime: Runtime }>({
      patience: REMOVE_WITHIN,
      async drive({ _id }) {
        await this.db.remove({ expiresAt: { $lte: this.runtime.now() }, _id });
      },
    }),
  ],

  actions: {
    async open(ctx) {
      const now = this.runtime.now();
      const { user, device, at = now } = ctx.params;
      const id = this.runtime.id();
      const refresh = firstToken(id, (count) => this.runtime.bytes(count));
      const current = hashOf(this.secrets, refresh);
      const session = { _id: id, user, current, used: [], createdAt: at, ...lifetime(id, now) };
      await this.db.insert({ ...session, ...(device && { device }) });
      return { refresh };
    },

    async rotate(ctx) {
      const token = ctx.params.refresh;
      const id = sessionOf(token);
      if (!id) return null;
      const now = this.runtime.now();
      const hash = hashOf(this.secrets, token);
      const next = successor(this.secrets, token);
      // The write itself judges whether this is the newest token: of two that race, one renews.
      const renewed = await this.db.claim(
        { current: hash, expiresAt: { $gt: now }, _id: id },
        {
          $set: { current: hashOf(this.secrets, next), ...lifetime(id, now) },
          $push: { used: { $each: [{ hash, at: now }], $slice: -REMEMBERED } },
        },
      );
      if (renewed) return { user: renewed.user, refresh: next, createdAt: renewed.createdAt };

      const session = await this.db.get(id);
      if (!session || session.expiresAt <= now) return null;
      const newest = newestFrom(this.secrets, token, session, now);
      if (newest) return { user: session.user, refresh: newest, createdAt: session.createdAt };
      // Only its user and holders of a token know the id, so this one was used before: by a thief, or after a thief. A token
      // once past its grace never becomes good again, so the removal needs no other guard than the id.
      if (await this.db.remove({ _id: id })) {
        this.logger.warn("A used refresh token came back: its session is revoked", { user: session.user });
      }
      return null;
    },

    async close(ctx) {
      const id = sessionOf(ctx.params.refresh);
      if (id) await this.db.remove({ _id: id });
      return null;
    },

    async list(ctx) {
      const { user, refresh } = ctx.params;
      const own = refresh && sessionOf(refresh);
      const families = await this.db.find({ user, expiresAt: { $gt: this.runtime.now() } });
      return families
        .toSorted((a, b) => b.expiresAt - a.expiresAt)
        .map((session) => toListed(session, session._id === own));
    },

    async end(ctx) {
      const { user, id } = ctx.params;
      return this.db.remove({ user, ...(id && { _id: id }) });
    },
  },
});
