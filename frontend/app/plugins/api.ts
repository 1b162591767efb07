import type { IncomingMessage } from "node:http";
import type { Failure } from "~/utils/failure";

type H3Event = NonNullable<ReturnType<typeof useRequestEvent>>;

export interface CallOptions {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: Record<string, unknown>;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
}
type Call = (path: string, options: CallOptions) => Promise<unknown>;

/** What the gateway puts on a request it hands to the pages: its own routes, without a trip through HTTP. */
type Dispatch = (method: string, path: string, options: Omit<CallOptions, "method">) => Promise<unknown>;
type Dispatched = IncomingMessage & { $dispatch?: Dispatch };

/** One shape for every refusal; in `data`, because that is what Nuxt carries from server to browser. */
function refuse(failure: Failure) {
  return createError({ status: failure.status || 503, message: failure.message, data: failure });
}

const offline: Failure = { status: 0, type: "OFFLINE", message: "The shop cannot be reached" };

async function overHttp(origin: string, path: string, options: CallOptions, cookie?: string): Promise<Response> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {}))
    if (value !== undefined) query.set(name, String(value));
  const headers = new Headers(options.headers);
  if (options.body) headers.set("content-type", "application/json");
  if (cookie) headers.set("cookie", cookie);
  const address = `${origin}/api${path}${query.size > 0 ? `?${query}` : ""}`;
  return fetch(address, {
    method: options.method ?? "GET",
    headers,
    credentials: "same-origin",
    body: options.body && JSON.stringify(options.body),
  }).catch(() => {
    throw refuse(offline);
  });
}

async function bodyOf(response: Response): Promise<unknown> {
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return body;
  throw refuse({ type: "INTERNAL", message: response.statusText, ...(body as object | null), status: response.status });
}

const inBrowser: Call = async (path, options) => bodyOf(await overHttp("", path, options));

function byDispatch(request: Dispatched): Call {
  return (path, { method = "GET", ...options }) =>
    request.$dispatch!(method, `/api${path}`, options).catch(
      (thrown: { code?: unknown; type?: string; message: string; data?: unknown }) => {
        const status = typeof thrown.code === "number" ? thrown.code : 500;
        throw refuse({ status, type: thrown.type ?? "INTERNAL", message: thrown.message, data: thrown.data });
      },
    );
}

/** For `nuxt dev`, where pages and gateway are two processes. Renewed session cookies are handed on to the browser. */
function byOrigin(event: H3Event, origin: string): Call {
  return async (path, options) => {
    const response = await overHttp(origin, path, options, event.node.req.headers.cookie);
    for (const cookie of response.headers.getSetCookie()) event.node.res.appendHeader("set-cookie", cookie);
    return bodyOf(response);
  };
}

function onServer(event: H3Event): Call {
  const request: Dispatched = event.node.req;
  return request.$dispatch ? byDispatch(request) : byOrigin(event, process.env.NUXT_API_ORIGIN ?? "");
}

/** `$api<Item>("/items/abc")`: the HTTP contract, the same from server and browser. Throws errors that `failureOf` reads. */
export default defineNuxtPlugin(() => {
  const call = import.meta.server ? onServer(useRequestEvent()!) : inBrowser;
  const api = <T>(path: string, options: CallOptions = {}) => call(path, options) as Promise<T>;
  return { provide: { api } };
});
