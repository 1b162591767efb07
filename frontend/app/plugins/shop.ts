import type { IncomingMessage } from "node:http";
import type { Failure } from "~/utils/failure";
import { requestOf, type HttpRequest, type Shop } from "~/utils/routes";

type H3Event = NonNullable<ReturnType<typeof useRequestEvent>>;
type Call = (request: HttpRequest) => Promise<unknown>;

/** What the gateway puts on a request it hands to the pages: its own routes, without a trip through HTTP. */
type Dispatch = (method: string, path: string, options: Omit<HttpRequest, "method" | "path">) => Promise<unknown>;
type Dispatched = IncomingMessage & { $dispatch?: Dispatch };

/** One shape for every refusal; in `data`, because that is what Nuxt carries from server to browser. */
function refuse(failure: Failure) {
  return createError({ status: failure.status || 503, message: failure.message, data: failure });
}

const offline: Failure = { status: 0, type: "OFFLINE", message: "The shop cannot be reached" };

/** By HTTP: the body of a reply, and the reply itself for its headers. */
async function overHttp(origin: string, request: HttpRequest, cookie?: string): Promise<[unknown, Response]> {
  const { method, path, query, body } = request;
  const headers = new Headers(request.headers);
  if (body) headers.set("content-type", "application/json");
  if (cookie) headers.set("cookie", cookie);
  const search = new URLSearchParams(query);
  const response = await fetch(`${origin}${path}${search.size > 0 ? `?${search}` : ""}`, {
    method,
    headers,
    credentials: "same-origin",
    body: body && JSON.stringify(body),
  }).catch(() => {
    throw refuse(offline);
  });
  const reply: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return [reply, response];
  throw refuse({
    type: "INTERNAL",
    message: response.statusText,
    ...(reply as object | null),
    status: response.status,
  });
}

const inBrowser: Call = async (request) => (await overHttp("", request))[0];

function byDispatch(page: Dispatched): Call {
  return ({ method, path, ...options }) =>
    page.$dispatch!(method, path, options).catch(
      (thrown: { code?: unknown; type?: string; message: string; data?: unknown }) => {
        const status = typeof thrown.code === "number" ? thrown.code : 500;
        throw refuse({ status, type: thrown.type ?? "INTERNAL", message: thrown.message, data: thrown.data });
      },
    );
}

/** For `nuxt dev`, where pages and gateway are two processes. Renewed session cookies are handed on to the browser. */
function byOrigin(event: H3Event, origin: string): Call {
  return async (request) => {
    const [reply, response] = await overHttp(origin, request, event.node.req.headers.cookie);
    for (const cookie of response.headers.getSetCookie()) event.node.res.appendHeader("set-cookie", cookie);
    return reply;
  };
}

function onServer(event: H3Event): Call {
  const page: Dispatched = event.node.req;
  return page.$dispatch ? byDispatch(page) : byOrigin(event, process.env.NUXT_API_ORIGIN ?? "");
}

/** `$shop`: the one client of the HTTP contract, the same on server and browser. Other plugins ask the shop too. */
export default defineNuxtPlugin({
  name: "shop",
  enforce: "pre",
  setup() {
    const call = import.meta.server ? onServer(useRequestEvent()!) : inBrowser;
    const shop = ((operation, params) => call(requestOf(operation, params))) as Shop;
    return { provide: { shop } };
  },
});
