import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Context, ServiceBroker } from "moleculer";
import type { Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { deviceOf } from "./device.ts";
import type { Limits } from "./limits.ts";
import { queryOf, type Reader } from "./params.ts";
import type { Operation } from "./route.ts";
import type { Sessions, Visitor } from "./session.ts";
import type { Shop } from "./shop.ts";

/** How long a change may take, ms. Orders give their verdict within 5 s, so that theirs is the answer and not ours. */
const CHANGE_WITHIN = 6000;

/** What gives a guest the key to an order, "<order>.<key>", which their browser keeps. */
const GIVES_TOKENS = new Set(["orders.create", "waitlist.join"]);

export interface Gateway {
  broker: Shop;
  sessions: Sessions;
  limits: Limits;
}

/** The request that a call is made for; a page may make several for one. */
export interface Exchange {
  req: IncomingMessage & { $ctx?: Context };
  res: ServerResponse;
}

export interface Call {
  path: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** The path with its query. */
  url: string;
  /** Asked for only when the caller may come in, and the operation takes one. */
  body(): unknown;
}

export interface Outcome {
  status: number;
  body: unknown;
}

/**
 * One call of an operation, the same whether it came by HTTP or from a page that is being rendered: limits, who may
 * come in, parameters, the call, cookies. Throws whatever the call threw: `explain` makes an answer of it.
 */
export async function perform(
  { broker, sessions, limits }: Gateway,
  { operation, read }: { operation: Operation; read: Reader },
  call: Call,
  { req, res }: Exchange,
): Promise<Outcome> {
  const { action, contract, method, place, takesKey } = operation;
  const visitor = await sessions.visitor(req, res);
  await limits.spend(action, visitor.address);
  admit(contract.auth, visitor);
  const key = call.headers["idempotency-key"] as string | undefined;
  const params = read({
    path: call.path,
    query: queryOf(call.url),
    body: place === "body" ? await call.body() : undefined,
    key,
  });
  const meta = sessions.meta(visitor, call.headers["order-token"]);
  // The refresh token goes to nobody but its owner: whatever has it can become the user.
  if (action.startsWith("auth.")) {
    const device = deviceOf(req.headers["user-agent"]);
    Object.assign(meta, visitor.refresh && { refresh: visitor.refresh }, device && { device });
  }
  // Which action it is is known only now, and that the parameters fit it the schema has judged.
  const called = (broker as unknown as ServiceBroker).call<unknown, object>(action, params, {
    meta,
    ...(req.$ctx && { parentCtx: req.$ctx }),
    ...(method !== "GET" && { timeout: CHANGE_WITHIN }),
    // Its key is what makes it the same request, for us too.
    ...(takesKey && key === undefined && { retries: 0 }),
  }) as Promise<unknown> & { ctx?: Context<unknown, Meta> };
  const body = await called;
  const reply = called.ctx?.meta.reply;
  if (reply?.session !== undefined) sessions.adopt(res, visitor, reply.session);
  if (GIVES_TOKENS.has(action)) {
    const { token } = body as { token?: string };
    if (token) sessions.keepOrder(res, visitor, token.slice(0, token.lastIndexOf(".")), token);
  }
  return { status: reply?.status ?? contract.status ?? 200, body };
}

function admit(auth: "anyone" | "user" | "admin" | undefined, { user }: Visitor): void {
  if (auth === "user" && !user) throw fail("SIGN_IN_REQUIRED");
  // Nobody but an admin learns that there is something.
  if (auth === "admin" && !user?.roles.includes("admin")) throw fail("NOT_FOUND");
}
