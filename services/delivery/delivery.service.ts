import type { Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { fieldsOf, keysOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import type { Query } from "../../mixins/db/collection.ts";
import { Db } from "../../mixins/db/db.ts";
import { FileLinks } from "../../mixins/files/links.ts";
import { defineService } from "../define.ts";
import type { StoredFile } from "../items/items.contract.ts";
import { DEFAULT_PAGE_SIZE } from "../schemas.ts";
import { delivery, type LibraryRow } from "./delivery.contract.ts";
import { grant, revoke, type Entitlement } from "./entitlement.ts";

/** What buyers own: the library, keys and serials, authorised downloads, revocation. */
export default defineService(delivery)({
  mixins: [
    Db<Entitlement>({
      name: "entitlements",
      schema: fieldsOf<Entitlement>({
        _id: true,
        order: true,
        user: true,
        item: true,
        title: true,
        kind: true,
        seller: true,
        serial: true,
        state: true,
        at: true,
        revokedAt: true,
        ownedBy: true,
      }),
      indexes: [{ field: "ownedBy", unique: true, sparse: true }],
      durable: true,
    }),
    FileLinks(),
  ],

  methods: {
    /** A copy that is the caller's; for everybody else it does not exist. */
    async find(id: string, { user, guestOrders = [] }: Meta): Promise<Entitlement> {
      const owned = await this.db.get(id);
      const mine = owned && (owned.user === null ? guestOrders.includes(owned.order) : owned.user === user?.id);
      if (!mine) throw fail("NOT_FOUND");
      return owned;
    },

    async filesOf(owned: Entitlement[]): Promise<Map<string, StoredFile[]>> {
      const ids = [...new Set(owned.map(({ item }) => item))];
      const items = ids.length ? await this.broker.call("items.files", { ids }) : [];
      return new Map(items.map(({ id, files }) => [id, files]));
    },

    async rows(owned: Entitlement[]): Promise<LibraryRow[]> {
      const slots = owned.filter(({ kind, state }) => kind === "keys" && state === "active").map(({ _id }) => _id);
      const [files, keys] = await Promise.all([
        this.filesOf(owned),
        slots.length ? this.broker.call("inventory.reveal", { slots }) : [],
      ]);
      const keyIn = new Map(keys.map(({ slot, key }) => [slot, key]));
      return owned.map((one) => ({
        id: one._id,
        orderId: one.order,
        itemId: one.item,
        title: one.title,
        kind: one.kind,
        seller: one.seller,
        serial: one.serial,
        key: keyIn.get(one._id) ?? null,
        files: (files.get(one.item) ?? [])
          .filter((file) => kept(file, one))
          .map(({ filename, size, type }) => ({ filename, size, type })),
        status: one.state,
        acquiredAt: new Date(one.at).toISOString(),
      }));
    },
  },

  actions: {
    async library(ctx) {
      const { page = 1, pageSize = DEFAULT_PAGE_SIZE } = ctx.params;
      const { user, guestOrders = [] } = ctx.meta;
      if (!user && !guestOrders.length) throw fail("SIGN_IN_REQUIRED");
      // A guest has the goods of the orders shown, which are few; a user's are read page by page.
      const guests = user
        ? []
        : (await Promise.all(guestOrders.map((order) => this.db.find({ _id: keysOf(order) })))).flat();
      const mine: Query = { ownedBy: keysOf(user?.id ?? "") };
      const owned = user
        ? await this.db.find(mine, { sort: "-ownedBy", skip: (page - 1) * pageSize, limit: pageSize })
        : guests.toSorted((a, b) => b.at - a.at).slice((page - 1) * pageSize, page * pageSize);
      return { rows: await this.rows(owned), total: user ? await this.db.count(mine) : guests.length, page, pageSize };
    },

    async get(ctx) {
      const [row] = await this.rows([await this.find(ctx.params.id, ctx.meta)]);
      return row!;
    },

    async link(ctx) {
      const { id, filename } = ctx.params;
      const owned = await this.find(id, ctx.meta);
      const file = (await this.filesOf([owned]))
        .get(owned.item)
        ?.find((one) => one.filename === filename && kept(one, owned));
      if (!file) throw fail("NOT_FOUND");
      if (owned.state === "revoked") throw fail("FORBIDDEN");
      return { location: await this.links.sign({ blob: file.blob, filename, type: file.type }, this.runtime.now()) };
    },

    async grant(ctx) {
      const { order, user, grants } = ctx.params;
      return { granted: await grant(this.db, order, user, grants, this.runtime.now()) };
    },

    async revoke(ctx) {
      const { order, user, grants } = ctx.params;
      await revoke(this.db, order, user, grants, this.runtime.now());
      return null;
    },

    async owns(ctx) {
      const owned = await this.db.find({ ownedBy: keysOf(ctx.params.user) });
      return owned.some(({ item }) => item === ctx.params.item);
    },

    async inspect(ctx) {
      const owned = await this.db.find({ _id: keysOf(ctx.params.order) });
      return owned.map(({ ownedBy: _, ...entitlement }) => entitlement);
    },

    changes(ctx) {
      return changes(this.db, ctx.params);
    },
  },
});

/** A buyer keeps what they bought: a file that was taken off later is still theirs. */
const kept = ({ removedAt }: StoredFile, { at }: Entitlement): boolean => removedAt === undefined || at < removedAt;
