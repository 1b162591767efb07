import type { IncomingHttpHeaders } from "node:http";
import { fail } from "../../core/errors.ts";
import { explain, headersOf } from "./errors.ts";
import type { Reader } from "./params.ts";
import { perform, type Exchange, type Gateway } from "./perform.ts";
import type { Operation } from "./route.ts";

/** The operation that a method and a path lead to, with the parameters of the path. */
export type Finder = (
  method: string,
  path: string,
) => { operation: Operation; read: Reader; path: Record<string, string> } | undefined;

interface Host extends Gateway {
  logger: { error(...words: unknown[]): void };
}

interface DispatchOptions {
  body?: unknown;
  headers?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
}

/**
 * How a page that is being rendered calls an operation: as by HTTP, without the trip. Cookies are set on the page's
 * own reply. Throws an Error with `code` (the HTTP status), `type`, `message` and `data`.
 */
export type Dispatch = (method: string, path: string, options?: DispatchOptions) => Promise<unknown>;

export function dispatcher(gateway: Host, find: Finder, exchange: Exchange): Dispatch {
  return async (method, url, { body, headers = {}, query = {} } = {}) => {
    try {
      const found = find(method, url.split("?", 1)[0]!);
      if (!found) throw fail("NOT_FOUND");
      const call = {
        path: found.path,
        headers: lowerCased(headers),
        url: withQuery(url, query),
        body: () => copyOf(body),
      };
      const outcome = await perform(gateway, found, call, exchange);
      return outcome.status === 204 ? null : copyOf(outcome.body);
    } catch (error) {
      const id = exchange.res.getHeader("x-request-id");
      const failure = explain(gateway, `${method} ${url} for a page`, id, error);
      const { status: code, type, message, data } = failure;
      // A page that fails for it is to say as much.
      if (!exchange.res.headersSent) exchange.res.setHeaders(new Map(Object.entries(headersOf(failure) ?? {})));
      throw Object.assign(new Error(message), { code, type, data });
    }
  };
}

/** As JSON would carry it: what a service answers in this process may be its own, and a page may change what it got. */
const copyOf = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

function withQuery(url: string, query: NonNullable<DispatchOptions["query"]>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.append(name, String(value));
  return given.size ? `${url}${url.includes("?") ? "&" : "?"}${given}` : url;
}

const lowerCased = (headers: Record<string, string>): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
