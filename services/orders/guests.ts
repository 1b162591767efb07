import type { Caller, Injected, Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { keysOf, orderedKey } from "../../core/store.ts";
import type { Allowance, Counter, Counters } from "../../mixins/counters.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import type { Cluster } from "../define.ts";
import type { Lang } from "../schemas.ts";
import type { Contact } from "./contact.ts";
import type { OrderDoc } from "./order.ts";

/** How far back a guest is told of their orders, ms, and of how many. */
const FOUND_WITHIN = 90 * 24 * 3600_000;
const FOUND_ORDERS = 10;
/** How many are looked through for them: those that came to nothing are left out. */
const LOOKED_AT = 100;
const CAME_TO_NOTHING = ["expired", "cancelled"];
/** Letters with links for one e-mail. Strangers can use them up, but each of theirs is in the guest's own mailbox. */
const FINDS: Allowance = { times: 5, seconds: 3600 };

type Host = Pick<Injected, "config" | "secrets">;

const canonical = (email: string): string => email.trim().toLowerCase();

/** A guest as the rest of the shop knows them: by a keyed hash, not by their e-mail. */
const guestOf = ({ secrets }: Pick<Host, "secrets">, email: string): string =>
  `guest-${secrets.hmac("buyer", email).slice(0, 24)}`;

/** What opens a guest's order for whoever has it. */
const keyTo = ({ secrets }: Pick<Host, "secrets">, order: string): string => secrets.hmac("order", order);

/** The same as clients show it: with the order that it is for. */
export const tokenOf = (host: Pick<Host, "secrets">, order: string): string => `${order}.${keyTo(host, order)}`;

/** Where the buyer finds the order; a guest's link needs nothing else. */
function linkTo(host: Host, { _id, user }: OrderDoc): string {
  const { PUBLIC_URL } = host.config;
  return user ? `${PUBLIC_URL}/orders/${_id}` : `${PUBLIC_URL}/open/${_id}/${keyTo(host, _id)}`;
}

/** Who orders: the user who is signed in, or a guest by their e-mail. Throws SIGN_IN_REQUIRED for neither. */
export function askerOf(
  host: Pick<Host, "secrets">,
  { user, lang }: Meta,
  given: string | undefined,
): Pick<OrderDoc, "buyer" | "user" | "email" | "lang"> {
  const spoken = lang && { lang };
  if (user) return { buyer: user.id, user: { id: user.id, name: user.name }, email: null, ...spoken };
  if (!given) throw fail("SIGN_IN_REQUIRED");
  const email = canonical(given);
  return { buyer: guestOf(host, email), user: null, email, ...spoken };
}

export function toContact(host: Host, order: OrderDoc | null): Contact | null {
  if (!order) return null;
  const { user, email, lang = null, lines, total, seller, paidAt = null } = order;
  return {
    buyer: user ? { user: user.id } : email!,
    lang,
    lines: lines.map(({ title, quantity, unitPrice }) => ({ title, quantity, unitPrice })),
    total,
    seller,
    paidAt,
    link: linkTo(host, order),
  };
}

interface Shop extends Injected {
  db: Collection<OrderDoc>;
  broker: Caller<Cluster>;
  counters: Counters;
  logger: { warn(...words: unknown[]): void };
}

/** Guests have no list of their orders: they have links to them mailed. */
export class Guests {
  readonly #shop: Shop;
  readonly #throttle: Counter | null;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.#throttle = shop.config.RATE_LIMIT ? shop.counters("find.email", FINDS) : null;
  }

  /** Throws RATE_LIMITED. Nobody waits for the letter: how long an answer takes tells no more than the answer does. */
  async find(given: string, lang: Lang | undefined): Promise<null> {
    const email = canonical(given);
    await this.#throttle?.spend(email);
    this.#mail(email, lang).catch((error: unknown) => {
      this.#shop.logger.warn("Links to a guest's orders were not mailed", error);
    });
    return null;
  }

  async #mail(email: string, lang: Lang | undefined): Promise<void> {
    const { broker, runtime } = this.#shop;
    const orders = await this.#ordersOf(email);
    if (!orders.length) return;
    const wish = { template: "find" as const, to: email, key: `find:${runtime.id()}`, data: { orders } };
    await broker.call("mail.send", { ...wish, ...(lang && { lang }) });
  }

  async #ordersOf(email: string) {
    const { db, runtime } = this.#shop;
    const guest = guestOf(this.#shop, email);
    const boughtBy = { ...keysOf(guest), $gt: orderedKey(guest, runtime.now() - FOUND_WITHIN, "") };
    const orders = await db.find({ boughtBy }, { sort: "-boughtBy", limit: LOOKED_AT });
    return orders
      .filter(({ state }) => !CAME_TO_NOTHING.includes(state))
      .slice(0, FOUND_ORDERS)
      .map((order) => ({
        id: order._id,
        titles: order.lines.map(({ title }) => title),
        total: order.total,
        at: order.createdAt,
        link: linkTo(this.#shop, order),
      }));
  }
}
