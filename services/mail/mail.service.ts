import type { Envelope } from "../../core/facts.ts";
import { fail } from "../../core/errors.ts";
import type { Runtime } from "../../core/runtime.ts";
import { dueKey, fieldsOf } from "../../core/store.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { Db } from "../../mixins/db/db.ts";
import { Sweeper } from "../../mixins/sweeper.ts";
import { defineService } from "../define.ts";
import type { Lang } from "../schemas.ts";
import type { Template, Told } from "./content.ts";
import { compose } from "./letters.ts";
import { isLow } from "./low.ts";
import { mail, type Kept, type To } from "./mail.contract.ts";
import {
  FORGET_AFTER,
  GIVE_UP_AFTER,
  messageId,
  messageKey,
  OLDEST_FACT,
  pauseAfter,
  type Letter,
  type Message,
} from "./message.ts";
import { PostOffice, refusedForGood, SEND_WITHIN, troubleOf } from "./post.ts";

/** How many letters the developers' mailbox shows. */
const MAILBOX = 100;
/** How long a replica that took a letter has it for itself, ms: longer than sending takes, or two would send it. */
const PATIENCE = 2 * SEND_WITHIN;

/** Writes letters to buyers and sellers: each once, and then sees to it that it arrives. */
export default defineService(mail)({
  mixins: [
    Db<Message>({
      name: "messages",
      schema: fieldsOf<Message>({
        _id: true,
        state: true,
        template: true,
        letter: true,
        tries: true,
        createdAt: true,
        due: true,
      }),
      indexes: [{ field: "due", unique: true, sparse: true }, { field: "createdAt" }],
      durable: true,
    }),
    Bus(),
    Sweeper<Message, { db: Collection<Message>; runtime: Runtime; deliver(message: Message): Promise<void> }>({
      patience: PATIENCE,
      async drive(message) {
        if (message.state === "new") await this.deliver(message);
        else await this.db.remove({ state: message.state, _id: message._id });
      },
    }),
    PostOffice(),
  ],

  methods: {
    /** A letter that is written is sent: the sweeper takes it from here, within a second. */
    async write<T extends Template>(
      template: T,
      { key, to, lang }: { key: string; to: To; lang?: Lang | null | undefined },
      told: Told[T],
    ): Promise<void> {
      const _id = messageKey(key, template);
      if (await this.db.get(_id)) return;
      const address = await this.addressOf(to);
      if (!address) return;
      const { PUBLIC_URL } = this.config;
      const letter: Letter = {
        to: address.email,
        ...compose(template, lang ?? address.lang ?? "en", told, PUBLIC_URL),
      };
      const now = this.runtime.now();
      await this.db.insert({
        _id,
        state: this.isKept() ? "kept" : "new",
        template,
        letter: this.secrets.seal(JSON.stringify(letter)),
        tries: 0,
        createdAt: now,
        due: dueKey(this.isKept() ? now + FORGET_AFTER : now, _id),
      });
    },

    async addressOf(to: To): Promise<{ email: string; lang: Lang | null } | null> {
      return typeof to === "string" ? { email: to, lang: null } : this.broker.call("auth.contact", to);
    },

    /** The buyer is told of their order: once, since it is fulfilled once and refunded once, whatever its facts are called. */
    async tellBuyer(template: "receipt" | "refund", { at, data }: Pick<Envelope, "at"> & { data: { id: string } }) {
      if (this.isPast(at)) return;
      const order = await this.broker.call("orders.contact", { id: data.id });
      if (!order) return;
      const { buyer, lang, lines, total, seller, paidAt, link } = order;
      const when = template === "receipt" ? (paidAt ?? at) : at;
      const told = { lines, total, seller: seller.name, at: when, link, guest: typeof buyer === "string" };
      await this.write(template, { key: `order:${data.id}`, to: buyer, lang }, told);
    },

    /** The seller is told that an item runs low, once for all the copies that were ever made of it: until there are more. */
    async tellSeller(items: string[]) {
      const stocks = await this.broker.call("inventory.stock", { items });
      const low = new Map(stocks.filter(isLow).map((one) => [one.item, one]));
      if (!low.size) return;
      for (const { id, title, seller, forSale } of await this.broker.call("items.quote", { ids: [...low.keys()] })) {
        const { stock, made } = low.get(id)!;
        if (!forSale) continue;
        const told = { title, left: stock.available, link: `${this.config.PUBLIC_URL}/sell/items/${id}` };
        await this.write("low", { key: `low:${id}:${made}`, to: { user: seller.id } }, told);
      }
    },

    /** One try. What is refused for good, or was tried for too long, is given up; only an operator may want to know. */
    async deliver({ _id, letter, tries, createdAt }: Message): Promise<void> {
      const still = { state: "new", _id };
      const now = () => this.runtime.now();
      try {
        if (!this.post) throw new Error("No SMTP_URL");
        await this.post.send(_id, this.opened(letter!), createdAt);
      } catch (error) {
        const over = refusedForGood(error) || now() - createdAt >= GIVE_UP_AFTER;
        const failed = over
          ? {
              $set: { state: "failed" as const, due: dueKey(now() + FORGET_AFTER, _id) },
              $unset: { letter: true as const },
            }
          : { $set: { tries: tries + 1, due: dueKey(now() + pauseAfter(tries + 1), _id) } };
        await this.db.claim(still, failed);
        this.logger.warn(`Letter ${_id} is ${over ? "given up" : "tried again"}: ${troubleOf(error)}`);
        return;
      }
      this.runtime.crashPoint("mail.sent");
      await this.db.claim(still, {
        $set: { state: "sent", due: dueKey(now() + FORGET_AFTER, _id) },
        $unset: { letter: true },
      });
    },

    opened(letter: string): Letter {
      return JSON.parse(this.secrets.open(letter)) as Letter;
    },

    /** Letters stay here for the developers' mailbox. In production without SMTP_URL they wait for one to be given. */
    isKept(): boolean {
      return !this.config.SMTP_URL && !this.config.production;
    },

    isPast(at: number): boolean {
      return at < this.runtime.now() - OLDEST_FACT;
    },

    toKept({ _id, letter, createdAt }: Message): Kept {
      const { to, subject, text, html } = this.opened(letter!);
      const { MAIL_FROM } = this.config;
      const at = new Date(createdAt);
      const headers = {
        From: MAIL_FROM,
        To: to,
        Subject: subject,
        Date: at.toUTCString(),
        "Message-ID": messageId(_id, MAIL_FROM),
      };
      return {
        id: _id,
        to,
        subject,
        text,
        at: at.toISOString(),
        html,
        headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
      };
    },
  },

  actions: {
    async send(ctx) {
      const { template, key, to, lang, data } = ctx.params;
      await this.write(template, { key, to, lang }, data);
      return null;
    },

    async mailbox() {
      if (!this.isKept()) throw fail("NOT_FOUND");
      const messages = await this.db.find({ state: "kept" }, { sort: "-createdAt", limit: MAILBOX });
      return {
        rows: messages.map((message) => {
          const { id, to, subject, text, at } = this.toKept(message);
          return { id, to, subject, text, at };
        }),
      };
    },

    async letter(ctx) {
      const message = this.isKept() ? await this.db.get(ctx.params.id) : null;
      if (message?.state !== "kept") throw fail("NOT_FOUND");
      return this.toKept(message);
    },

    async sweep() {
      return { driven: await this.sweep() };
    },
  },

  subscriptions: {
    "order.fulfilled": {
      mode: "group",
      from: "new",
      handler(fact) {
        return this.tellBuyer("receipt", fact);
      },
    },
    "order.refunded": {
      mode: "group",
      from: "new",
      handler(fact) {
        return this.tellBuyer("refund", fact);
      },
    },
    "order.paid": {
      mode: "group",
      from: "new",
      async handler({ at, data }) {
        if (!this.isPast(at)) await this.tellSeller(data.items);
      },
    },
  },

  async started() {
    if (!this.post && !this.isKept()) this.logger.warn("SMTP_URL is unset: letters wait for it, for two days at most");
  },
});
