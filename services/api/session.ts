import type { IncomingMessage, ServerResponse } from "node:http";
import type { Injected, Meta } from "../../core/contract.ts";
import type { Tokens } from "../auth/auth.contract.ts";
import { ACCESS_SECONDS, readAccess, type Caller } from "../auth/tokens.ts";
import { addressOf } from "./address.ts";
import { cookiesOf, setCookie } from "./cookies.ts";
import { preferredLanguage, type Language } from "./language.ts";

const REFRESH_SECONDS = 30 * 86_400;
/** A guest has no account: for as long as they keep this cookie they find their order and its goods. */
const ORDER_SECONDS = 365 * 86_400;
const ORDER_COOKIE = "order_";

/** Who is behind a request. */
export interface Visitor {
  address: string;
  user: Caller | null;
  refresh: string | undefined;
  /** Orders whose token the visitor's cookies hold. */
  guestOrders: string[];
  /** What their browser, or they themselves, would like to read. */
  lang: Language | undefined;
}

interface Host extends Injected {
  renew(refresh: string): Promise<Tokens | null>;
}

/** Reads the cookies of requests and sets those of replies; renews a session that has run out. */
export class Sessions {
  readonly #host: Host;
  readonly #secure: boolean;
  readonly #visitors = new WeakMap<IncomingMessage, Promise<Visitor>>();
  readonly #renewals = new Map<string, Promise<Tokens | null>>();

  constructor(host: Host) {
    this.#host = host;
    this.#secure = host.config.PUBLIC_URL.startsWith("https:");
  }

  /** Who asks; found out once a request, however many calls a page makes in it. Renewed cookies are set on `res`. */
  visitor(req: IncomingMessage, res: ServerResponse): Promise<Visitor> {
    let visitor = this.#visitors.get(req);
    if (!visitor) this.#visitors.set(req, (visitor = this.#identify(req, res)));
    return visitor;
  }

  /** Starts a session, or ends it with null: for the browser, and for the rest of this request. */
  adopt(res: ServerResponse, visitor: Visitor, session: { access: string; refresh: string } | null): void {
    const { secrets, runtime } = this.#host;
    const kept = (seconds: number) => ({ seconds: session ? seconds : 0, secure: this.#secure });
    setCookie(res, "session", session?.access ?? "", kept(ACCESS_SECONDS));
    setCookie(res, "refresh", session?.refresh ?? "", kept(REFRESH_SECONDS));
    visitor.user = session && readAccess(secrets, session.access, runtime.now());
    visitor.refresh = session?.refresh;
  }

  /** Lets the browser of a guest keep the token of their order. */
  keepOrder(res: ServerResponse, visitor: Visitor, order: string, token: string): void {
    setCookie(res, ORDER_COOKIE + order, token, { seconds: ORDER_SECONDS, secure: this.#secure });
    visitor.guestOrders = [...visitor.guestOrders, order];
  }

  /** The same for a token that came in a link: the order that it is the key to, or undefined when it is none's. */
  openOrder(res: ServerResponse, visitor: Visitor, token: string): string | undefined {
    const order = this.#orderOf(token);
    if (order) this.keepOrder(res, visitor, order, token);
    return order;
  }

  /** What services are told of the visitor; `token` is the header Order-Token. */
  meta({ address, user, guestOrders, lang }: Visitor, token: string | string[] | undefined): Meta {
    const shown = typeof token === "string" ? this.#orderOf(token) : undefined;
    // A browser may send the same token as a cookie too.
    const orders = shown && !guestOrders.includes(shown) ? [...guestOrders, shown] : guestOrders;
    return {
      ip: address,
      ...(user && { user }),
      ...(orders.length && { guestOrders: orders }),
      ...(lang && { lang }),
    };
  }

  async #identify(req: IncomingMessage, res: ServerResponse): Promise<Visitor> {
    const { config, secrets, runtime } = this.#host;
    const cookies = cookiesOf(req.headers.cookie);
    const access = cookies.get("session");
    const visitor: Visitor = {
      address: addressOf(req, config.TRUST_PROXY),
      user: access ? readAccess(secrets, access, runtime.now()) : null,
      refresh: cookies.get("refresh") || undefined,
      guestOrders: [],
      lang: preferredLanguage(req.headers),
    };
    for (const [name, token] of cookies) {
      if (!name.startsWith(ORDER_COOKIE)) continue;
      const order = this.#orderOf(token);
      if (order) visitor.guestOrders.push(order);
    }
    if (!visitor.user && visitor.refresh) this.adopt(res, visitor, await this.#renew(visitor.refresh));
    return visitor;
  }

  /** A page asks for many things at once: one renewal serves them all. */
  #renew(refresh: string): Promise<Tokens | null> {
    let renewal = this.#renewals.get(refresh);
    if (!renewal) {
      renewal = this.#host.renew(refresh).finally(() => this.#renewals.delete(refresh));
      this.#renewals.set(refresh, renewal);
    }
    return renewal;
  }

  /** The order that a guest's token is the key to. */
  #orderOf(token: string): string | undefined {
    const dot = token.lastIndexOf(".");
    const order = token.slice(0, Math.max(0, dot));
    return order && this.#host.secrets.verify("order", order, token.slice(dot + 1)) ? order : undefined;
  }
}
