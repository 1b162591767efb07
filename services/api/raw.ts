import type { ServerResponse } from "node:http";
import type { Injected } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import { httpRoutes } from "./api.contract.ts";
import { readBody } from "./body.ts";
import { explain, headersOf } from "./errors.ts";
import { queryOf, readerOf } from "./params.ts";
import { sendJson } from "./reply.ts";
import { routeOf } from "./route.ts";
import type { Sessions } from "./session.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

interface Host extends Injected {
  logger: { error(...words: unknown[]): void };
  broker: Shop;
  files: FilesHandle;
  sessions: Sessions;
}

/** Longer than any client of the sandbox waits, ms: its faults include an API that hangs. */
const SANDBOX_WITHIN = 120_000;
/** Headers that describe one connection, and not the message. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"]);

const { download: downloadRoute } = httpRoutes;
const readDownload = readerOf(routeOf(downloadRoute.rest, downloadRoute.params));

/** Sends a buyer on to a signed link. */
export async function download({ broker, sessions }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const given = { path: req.$params.params, query: queryOf(req.originalUrl) };
  const params = readDownload(given) as { id: string; filename: string };
  const meta = sessions.meta(await sessions.visitor(req, res), req.headers["order-token"]);
  const { location } = await broker.call("delivery.link", params, { meta, parentCtx: req.$ctx });
  res.writeHead(302, { location, "cache-control": "no-store", "content-length": 0 }).end();
}

/** Gives a file to whoever holds a signed link. */
export async function file({ files, runtime }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  await files.serve(req, res, files.verify(req.originalUrl, runtime.now()));
}

/** Hands an event of the payment provider on as it came: its signature is over the very bytes. */
export async function webhook({ broker, runtime }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const body = await readBody(req, res, runtime);
  const signature = String(req.headers["stripe-signature"] ?? "");
  sendJson(res, 200, await broker.call("payments.webhook", { body: body.toString(), signature }));
}

/** Stripe's wire API on this origin, where the sandbox stands in; nothing where it does not. Failures are in Stripe's words. */
export async function sandbox(host: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  if (!host.config.sandbox) throw fail("NOT_FOUND");
  try {
    await passOn(host, req, res);
  } catch (error) {
    if (res.destroyed) return;
    const failure = explain(host, "The sandbox", res.getHeader("x-request-id"), error);
    const { status, message } = failure;
    sendJson(res, status, { error: { type: "api_error", message } }, headersOf(failure));
  }
}

async function passOn({ broker, runtime }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const body = await readBody(req, res, runtime);
  const headers = Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)]));
  const request = { method: req.method!, path: req.originalUrl, headers, body: body.toString() };
  const reply = await broker.call("sandbox.request", request, { timeout: SANDBOX_WITHIN });
  if (res.destroyed) return;
  for (const [name, value] of Object.entries(reply.headers)) if (!HOP_BY_HOP.has(name)) res.setHeader(name, value);
  res.writeHead(reply.status).end(reply.body);
}
