import type { Ops, ParamsOf, ReturnsOf } from "../../../core/contract.ts";
import type * as contracts from "../../../services/index.ts";

type All = Ops<typeof contracts>;
type Published = { [K in keyof All as All[K] extends { rest: string } ? K : never]: All[K] };
type Routes = { [K in keyof Published]: Published[K]["rest" & keyof Published[K]] };

/** Where each operation that the pages use is found. The contracts say the same: one that moved is a type error here. */
const routes = {
  "audit.explain": "GET /api/admin/orders/:id",
  "audit.letters": "GET /api/admin/dead",
  "audit.orders": "GET /api/admin/orders",
  "audit.replay": "POST /api/admin/dead/:id/replay",
  "audit.report": "GET /api/admin/audit",
  "auth.endSession": "DELETE /api/auth/sessions/:id",
  "auth.me": "GET /api/auth/me",
  "auth.reset": "POST /api/auth/reset",
  "auth.resetPassword": "POST /api/auth/reset/:token",
  "auth.sessions": "GET /api/auth/sessions",
  "auth.signin": "POST /api/auth/signin",
  "auth.signout": "POST /api/auth/signout",
  "auth.signup": "POST /api/auth/signup",
  "delivery.get": "GET /api/library/:id",
  "delivery.library": "GET /api/library",
  "discounts.quote": "POST /api/discounts/quote",
  "items.addKeys": "POST /api/items/:id/keys",
  "items.create": "POST /api/items",
  "items.get": "GET /api/items/:id",
  "items.list": "GET /api/items",
  "items.publish": "POST /api/items/:id/publish",
  "items.removeFile": "DELETE /api/items/:id/files/:filename",
  "items.retire": "POST /api/items/:id/retire",
  "items.search": "GET /api/search",
  "items.seller": "GET /api/sellers/:id",
  "items.update": "PATCH /api/items/:id",
  "orders.cancel": "POST /api/orders/:id/cancel",
  "orders.create": "POST /api/orders",
  "orders.find": "POST /api/orders/find",
  "orders.get": "GET /api/orders/:id",
  "orders.list": "GET /api/orders",
  "orders.pay": "POST /api/orders/:id/pay",
  "orders.refund": "POST /api/orders/:id/refund",
  "orders.sales": "GET /api/sales",
  "orders.timeline": "GET /api/orders/:id/timeline",
  "waitlist.join": "PUT /api/items/:id/waitlist",
  "waitlist.leave": "DELETE /api/items/:id/waitlist",
  "waitlist.place": "GET /api/items/:id/waitlist",
  "wishlist.add": "PUT /api/wishlist/:itemId",
  "wishlist.list": "GET /api/wishlist",
  "wishlist.remove": "DELETE /api/wishlist/:itemId",
} as const satisfies Partial<Routes>;

export type Operation = keyof typeof routes;
export type Params<K extends Operation> = ParamsOf<Published[K]>;
export type Reply<K extends Operation> = ReturnsOf<Published[K]>;

/** Asks the shop, as its services ask each other: `shop("items.get", { id })`. Throws errors that `failureOf` reads. */
export type Shop = <K extends Operation>(operation: K, params: Params<K>) => Promise<Reply<K>>;

export interface HttpRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: Record<string, unknown>;
}

/** An operation as a request: path and header take what is theirs, query or body the rest; what is undefined is left out. */
export function requestOf<K extends Operation>(operation: K, params: Params<K>): HttpRequest {
  const [method, template] = routes[operation].split(" ") as [string, string];
  const { idempotencyKey, ...rest } = params as Record<string, unknown>;
  const path = template.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const headers = typeof idempotencyKey === "string" ? { "idempotency-key": idempotencyKey } : ({} as {});
  if (method === "GET" || method === "DELETE")
    return { method, path, headers, query: Object.fromEntries(given.map(([name, value]) => [name, String(value)])) };
  return { method, path, headers, query: {}, body: Object.fromEntries(given) };
}
