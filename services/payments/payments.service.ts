import type Stripe from "stripe";
import type { Timer } from "../../core/runtime.ts";
import { fail } from "../../core/errors.ts";
import { fieldsOf } from "../../core/store.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { changes } from "../../mixins/changes.ts";
import { Db } from "../../mixins/db/db.ts";
import { Outbox, type OutboxStore } from "../../mixins/outbox.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import { close, open, refund, settle, type Till } from "./flow.ts";
import { paymentDue, type Payment } from "./payment.machine.ts";
import { payments, WEBHOOK_EVENTS } from "./payments.contract.ts";
import { CallLog, witnessedProvider, witnessedStore } from "./witness.ts";
import { keysFor, stripeClient, stripeProvider, type Keys } from "./stripe.ts";

/** How old a signed webhook may be, s. */
const WEBHOOK_TOLERANCE = 300;
/** How long a replica that took an overdue payment has it for itself, ms. */
const PATIENCE = 15_000;
/** How often the provider's own list of events is read, and how far back, so that a lost webhook is found. */
const RECONCILE_EVERY = 60_000;
const RECONCILE_OVERLAP = 600_000;

/** The judge of money: PaymentIntents, webhooks, refunds, reconciliation. */
export default defineService(payments)({
  mixins: [
    Db<Payment>({
      name: "payments",
      schema: fieldsOf<Payment>({
        _id: true,
        v: true,
        outbox: true,
        due: true,
        state: true,
        attempt: true,
        params: true,
        intent: true,
        error: true,
        refund: true,
        reason: true,
        createdAt: true,
        history: true,
        calls: true,
      }),
      indexes: [{ field: "due", unique: true, sparse: true }],
      durable: true,
    }),
    Bus(),
    Outbox<Payment>({ entity: "payment", due: paymentDue }),
    Sweeper<Payment, { store: Pick<OutboxStore<Payment>, "publish">; carryOn(payment: Payment): Promise<unknown> }>({
      patience: PATIENCE,
      // A bus that is down is no reason to leave the payment where it is.
      async drive(payment) {
        await Promise.all([this.store.publish(payment), this.carryOn(payment)]);
      },
    }),
  ],
  state: {} as { keys: Keys; stripe: Stripe; till: Till; callLog: CallLog; reconciling: Timer; reconciledAt: number },

  methods: {
    /** Asks the provider again about a payment that is not at rest. */
    async carryOn({ _id, state, intent }: Payment): Promise<void> {
      if (state === "closing") await close(this.till, _id);
      else if (state === "refunding") await refund(this.till, _id);
      else if (state === "open" && intent) await settle(this.till, intent);
    },

    verified(body: string, signature: string): Stripe.Event {
      const { webhookSecret } = this.keys;
      // The tolerance is in seconds, the time of receipt in milliseconds.
      const receivedAt = this.runtime.now();
      try {
        return this.stripe.webhooks.constructEvent(
          body,
          signature,
          webhookSecret,
          WEBHOOK_TOLERANCE,
          undefined,
          receivedAt,
        );
      } catch {
        throw fail("BAD_SIGNATURE");
      }
    },

    /** A hint is written before it is answered, and acted upon afterwards. */
    async hint(event: Stripe.Event): Promise<void> {
      if (!WEBHOOK_EVENTS.includes(event.type)) return;
      const { id, object, payment_intent } = event.data.object as {
        id: string;
        object: string;
        payment_intent?: string | { id: string } | null;
      };
      const intent =
        object === "payment_intent" ? id : typeof payment_intent === "string" ? payment_intent : payment_intent?.id;
      if (intent) await this.broker.call("inbox.keep", { id: event.id, type: event.type, intent });
    },

    /** Reads the provider's events since the last time, with overlap. */
    async reconcile(): Promise<void> {
      const now = this.runtime.now();
      const created = { gte: Math.floor((this.reconciledAt - RECONCILE_OVERLAP) / 1000) };
      for await (const event of this.stripe.events.list({ types: WEBHOOK_EVENTS, created, limit: 100 }))
        await this.hint(event);
      this.reconciledAt = now;
    },
  },

  actions: {
    async open(ctx) {
      const { order, amount, currency } = ctx.params;
      const { clientSecret } = await open(this.till, order, { amount, currency });
      this.runtime.crashPoint("payments.opened");
      return {
        clientSecret,
        publishableKey: this.keys.publishableKey,
        apiBase: this.config.STRIPE_API ?? (this.config.sandbox ? "" : "https://api.stripe.com"),
      };
    },

    async close(ctx) {
      const outcome = await close(this.till, ctx.params.order).catch((error: unknown) => {
        this.logger.warn(`Payment ${ctx.params.order} could not be closed yet`, error);
        return "later" as const;
      });
      this.runtime.crashPoint("payments.closed");
      return { outcome };
    },

    async refund(ctx) {
      const { order, reason } = ctx.params;
      const outcome = await refund(this.till, order, reason);
      this.runtime.crashPoint("payments.refunded");
      return { outcome };
    },

    async settle(ctx) {
      await settle(this.till, ctx.params.intent);
      return null;
    },

    async webhook(ctx) {
      const event = this.verified(ctx.params.body, ctx.params.signature);
      await this.hint(event).catch((error: unknown) => {
        this.logger.warn("A webhook could not be written", error);
        throw fail("TRY_AGAIN");
      });
      return { received: true };
    },

    async inspect(ctx) {
      await this.callLog.flush();
      return this.store.get(ctx.params.order);
    },

    async sweep() {
      return { driven: await this.sweep() };
    },

    changes(ctx) {
      return changes(this.db, ctx.params, ["outbox", "history", "calls"]);
    },
  },

  created() {
    const { runtime, config, secrets, logger } = this;
    this.keys = keysFor(config, secrets);
    this.stripe = stripeClient(config, this.keys);
    const shop = secrets.hmac("shop", "id").slice(0, 16);
    const now = () => runtime.now();
    this.callLog = new CallLog(this);
    this.till = {
      payments: witnessedStore(this.store, now),
      provider: witnessedProvider(stripeProvider(this.stripe, shop), now, (id, call) => this.callLog.add(id, call)),
      shop,
      now,
      alert: (words) => logger.error(`ALERT ${words}`),
      failed: (error) => logger.warn("The payment provider failed", error),
    };
  },

  async started() {
    this.reconciledAt = this.runtime.now();
    this.reconciling = this.runtime.every(RECONCILE_EVERY, () => {
      this.reconcile().catch((error: unknown) => this.logger.warn("The provider's events could not be read", error));
    });
  },

  async stopped() {
    this.reconciling?.cancel();
    await this.callLog.flush();
  },
});
