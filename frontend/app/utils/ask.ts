import type { IncomingMessage, ServerResponse } from "node:http";
import type { Failure } from "./failure.ts";
import type { HttpRequest } from "./routes.ts";

/** Sends one request of the HTTP contract and gives the body of its reply. Throws what `failureOf` reads. */
export type Ask = (request: HttpRequest) => Promise<unknown>;

/** What the gateway puts on a request it hands to the pages: its own routes, without a trip through HTTP. */
type Dispatch = (method: string, path: string, options: Omit<HttpRequest, "method" | "path">) => Promise<unknown>;
type Dispatched = IncomingMessage & { $dispatch?: Dispatch };

/** A refusal as it is thrown; in `data`, because that is what Nuxt carries from server to browser. */
const refusal = (failure: Failure) =>
  Object.assign(new Error(failure.message), { status: failure.status || 503, data: failure });

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
    throw refusal(offline);
  });
  const reply: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return [reply, response];
  throw refusal({
    type: "INTERNAL",
    message: response.statusText,
    ...(reply as object | null),
    status: response.status,
  });
}

export const askFromBrowser: Ask = async (request) => (await overHttp("", request))[0];

const byDispatch =
  (dispatch: Dispatch): Ask =>
  ({ method, path, ...options }) =>
    dispatch(method, path, options).catch(
      (thrown: { code?: unknown; type?: string; message: string; data?: unknown }) => {
        const status = typeof thrown.code === "number" ? thrown.code : 500;
        throw refusal({ status, type: thrown.type ?? "INTERNAL", message: thrown.message, data: thrown.data });
      },
    );

/** For `nuxt dev`, where pages and gateway are two processes. Renewed session cookies are handed on to the browser. */
const byOrigin =
  (req: IncomingMessage, res: ServerResponse, origin: string): Ask =>
  async (request) => {
    const [reply, response] = await overHttp(origin, request, req.headers.cookie);
    for (const cookie of response.headers.getSetCookie()) res.appendHeader("set-cookie", cookie);
    return reply;
  };

/** As the visitor whose request the server answers. */
export function askFor({ req, res }: { req: Dispatched; res: ServerResponse }): Ask {
  return req.$dispatch ? byDispatch(req.$dispatch) : byOrigin(req, res, process.env.NUXT_API_ORIGIN ?? "");
}
