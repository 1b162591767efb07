import type { Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { fieldsOf, keysOf } from "../../core/store.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { changes } from "../../mixins/changes.ts";
import { Counting } from "../../mixins/counters.ts";
import { Db } from "../../mixins/db/db.ts";
import { Outbox, type OutboxStore } from "../../mixins/outbox.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import { CURRENCY, DEFAULT_PAGE_SIZE } from "../schemas.ts";
import { bodyHash, judged, newOrder, orderId } from "./checkout.ts";
import { close, declined, orderDue, paid, pendingRefund, refunding } from "./order.machine.ts";
import { ORDER_FIELDS, type OrderDoc } from "./order.ts";
import { askerOf, Guests, toContact, tokenOf } from "./guests.ts";
import { grantTo } from "./granted.ts";
import { orders } from "./orders.contract.ts";
import { neighbours } from "./neighbours.ts";
import { Driver } from "./driver.ts";
import { drive, type Saga } from "./saga.ts";
import { salesPage, summaryOf } from "./takings.ts";
import { forOperators, roleIn, toOrder, toSales } from "./view.ts";

/** How long a buyer waits for the verdict, ms; after that the same key asks again. */
const VERDICT_WITHIN = 5000;
/** How long a cancel waits for the provider before it answers `closing`, ms. */
const CANCEL_WITHIN = 2000;
/** How long whoever wakes an order up waits for it, ms: one that waits for the provider must not keep others waiting. */
const WAKE_WITHIN = 500;
/** How long a replica that took an overdue order has it for itself, ms. */
const PATIENCE = 5000;

const refundEnded = {
  mode: "group" as const,
  async handler(this: { saga: Saga }, { data }: { data: { order: string } }) {
    await drive(this.saga, data.order);
  },
};

/** The only judge of an order's fate. */
export default defineService(orders)({
  mixins: [
    Db<OrderDoc>({
      name: "orders",
      schema: fieldsOf<OrderDoc>(ORDER_FIELDS),
      indexes: [
        ...["due", "boughtBy", "soldBy"].map((field) => ({ field, unique: true, sparse: true })),
        { field: "createdAt" },
      ],
      tally: { by: "countedFor", of: "countedAs" },
      durable: true,
    }),
    Bus(),
    Counting(),
    Outbox<OrderDoc>({ entity: "order", due: orderDue }),
    Sweeper<OrderDoc, { store: Pick<OutboxStore<OrderDoc>, "publish">; driver: Driver }>({
      patience: PATIENCE,
      // A bus that is down is no reason to leave the order where it is.
      async drive(order) {
        await Promise.all([this.store.publish(order), this.driver.within(WAKE_WITHIN, order._id)]);
      },
    }),
  ],
  state: {} as { saga: Saga; driver: Driver; guests: Guests },

  methods: {
    /** An order the caller has to do with; for everybody else it does not exist. */
    async find(id: string, meta: Meta) {
      const order = await this.store.get(id);
      const role = order && roleIn(order, meta);
      if (!role || order.state === "rejected" || order.state === "reserving") throw fail("NOT_FOUND");
      return { order, role };
    },

    /** The answer to a reservation: the reserved order, or the 409 that it ended with, the first time and every time. */
    async verdict(order: OrderDoc | null, body: string, meta: Meta, first = false) {
      // Somebody has just inserted it, and a read may lag behind.
      if (!order) throw fail("TRY_AGAIN");
      if (!first && order.body !== body) throw fail("IDEMPOTENCY_KEY_REUSED");
      if (!first) meta.reply = { status: 200 };
      const decided = order.state === "reserving" ? await this.driver.within(VERDICT_WITHIN, order._id, order) : order;
      if (!decided || decided.state === "reserving") throw fail("TRY_AGAIN");
      if (decided.refusal) throw fail(decided.refusal.type, decided.refusal.data);
      const token = decided.user ? undefined : tokenOf(this, decided._id);
      return { ...toOrder(decided, "buyer", this.runtime.now()), ...(token && { token }) };
    },
  },

  actions: {
    async create(ctx) {
      const { params, meta } = ctx;
      const { idempotencyKey: key } = params;
      const asker = askerOf(this, meta, params.email);
      const { buyer, user, email } = asker;
      const _id = key === undefined ? this.runtime.id() : orderId(buyer, key, !user);
      const body = bodyHash({ ...params, email: email ?? undefined });

      const known = key === undefined ? null : await this.store.get(_id);
      if (known) return this.verdict(known, body, meta);

      const { refusal, ...drafted } = await judged(ctx, params, user);
      if (refusal && key === undefined) throw fail(refusal.type, refusal.data);
      const asked = { _id, ...asker, ...(key !== undefined && { body }) };
      const order = newOrder(asked, { refusal, ...drafted }, this.runtime.now(), this.config.HOLD_SECONDS);
      const inserted = await this.store.insert(order);
      this.runtime.crashPoint("orders.created");
      return this.verdict(inserted ? { ...order, v: 1 } : await this.store.get(_id), body, meta, inserted);
    },

    async list(ctx) {
      const { page = 1, pageSize = DEFAULT_PAGE_SIZE } = ctx.params;
      const mine = { boughtBy: keysOf(ctx.meta.user!.id) };
      const docs = await this.db.find(mine, { sort: "-boughtBy", skip: (page - 1) * pageSize, limit: pageSize });
      const now = this.runtime.now();
      return { rows: docs.map((doc) => toOrder(doc, "buyer", now)), total: await this.db.count(mine), page, pageSize };
    },

    async get(ctx) {
      const { order, role } = await this.find(ctx.params.id, ctx.meta);
      return toOrder(order, role, this.runtime.now());
    },

    async pay(ctx) {
      const { order, role } = await this.find(ctx.params.id, ctx.meta);
      if (role !== "buyer") throw fail("NOT_FOUND");
      const isFree = order.state === "reserved" && order.total === 0;
      if (isFree || order.state === "paid" || order.state === "fulfilled") throw fail("ORDER_PAID");
      if (order.state !== "reserved" || this.runtime.now() >= order.expiresAt) throw fail("ORDER_CLOSED");
      return ctx.call("payments.open", { order: order._id, amount: order.total, currency: CURRENCY });
    },

    async cancel(ctx) {
      let { order, role } = await this.find(ctx.params.id, ctx.meta);
      if (role !== "buyer") throw fail("NOT_FOUND");
      order = (await this.store.change(order._id, (doc) => close(doc, "cancelled", this.runtime.now())))!;
      if (order.state === "closing") order = (await this.driver.within(CANCEL_WITHIN, order._id)) ?? order;
      if (!["closing", "cancelled", "expired"].includes(order.state)) throw fail("ORDER_PAID");
      return toOrder(order, role, this.runtime.now());
    },

    async refund(ctx) {
      const { id, reason = null, idempotencyKey: key } = ctx.params;
      let { order, role } = await this.find(id, ctx.meta);
      if (role === "buyer") throw fail("FORBIDDEN");
      const asked = { key: key === undefined ? undefined : orderId(ctx.meta.user!.id, key, false), reason };
      const at = this.runtime.now();
      const refund = pendingRefund(this.runtime.id(), reason, at, asked.key);
      order = (await this.store.change(id, (doc) => refunding(doc, refund, at)))!;
      if (!order.refund) throw fail("NOT_REFUNDABLE");
      if (asked.key && asked.key === order.refund.key && asked.reason !== order.refund.reason)
        throw fail("IDEMPOTENCY_KEY_REUSED");
      void this.driver.safely(id);
      return toOrder(order, role, this.runtime.now());
    },

    async timeline(ctx) {
      const { order } = await this.find(ctx.params.id, ctx.meta);
      return { events: order.history.map(({ at, type, data }) => ({ at: new Date(at).toISOString(), type, data })) };
    },

    sales(ctx) {
      return salesPage(this.db, ctx.meta.user!.id, ctx.params, this.config.FEE_PERCENT);
    },

    summary(ctx) {
      return summaryOf(this.db, ctx.meta.user!.id, this.runtime.now());
    },

    find(ctx) {
      return this.guests.find(ctx.params.email, ctx.meta.lang);
    },

    async contact(ctx) {
      return toContact(this, await this.store.get(ctx.params.id));
    },

    async salesOf(ctx) {
      const order = await this.store.get(ctx.params.order);
      if (!order?.paidAt) throw fail("NOT_FOUND");
      return { seller: order.seller.id, rows: toSales(order, this.config.FEE_PERCENT) };
    },

    async drive(ctx) {
      const order = await this.driver.within(WAKE_WITHIN, ctx.params.id);
      return { status: order?.state ?? null };
    },

    grant(ctx) {
      return grantTo(this, ctx.params);
    },

    async all(ctx) {
      const { state, page = 1, pageSize = DEFAULT_PAGE_SIZE } = ctx.params;
      const query = state ? { state } : {};
      const docs = await this.db.find(query, { sort: "-createdAt", skip: (page - 1) * pageSize, limit: pageSize });
      return { rows: docs.map(forOperators), total: await this.db.count(query), page, pageSize };
    },

    async inspect(ctx) {
      const order = await this.store.get(ctx.params.id);
      return order && forOperators(order);
    },

    async sweep() {
      return { driven: await this.sweep() };
    },

    changes(ctx) {
      return changes(this.db, ctx.params, ["outbox", "email", "user"]);
    },
  },

  subscriptions: {
    "payment.succeeded": {
      mode: "group",
      async handler({ data }) {
        const order = await this.store.change(data.order, (doc) => paid(doc, this.runtime.now()));
        this.runtime.crashPoint("orders.paid");
        await drive(this.saga, data.order, order);
      },
    },
    "payment.declined": {
      mode: "group",
      async handler({ data: { order, code, message } }) {
        await this.store.change(order, (doc) => declined(doc, { code, message }, this.runtime.now()));
      },
    },
    "payment.refunded": refundEnded,
    "payment.refund_failed": refundEnded,
  },

  created() {
    const { broker, runtime, store } = this;
    this.guests = new Guests(this);
    this.saga = {
      ...neighbours(broker, runtime),
      orders: store,
      now: () => runtime.now(),
      refundId: () => runtime.id(),
    };
    this.driver = new Driver(this.saga, runtime, (...words) => this.logger.warn(...words));
  },
});
