import type { IncomingMessage, ServerResponse } from "node:http";
import { catalogue, typeOf, type ErrorType } from "../../core/errors.ts";
import type { Runtime } from "../../core/runtime.ts";
import { ClientGone } from "./body.ts";
import { linger, sendJson } from "./reply.ts";

/** What a client is told. */
export interface Failure {
  status: number;
  type: ErrorType;
  message: string;
  data?: unknown;
}

/** Moleculer's own errors that mean: a service or its node is not there just now. */
const ABSENT = new Set([
  "SERVICE_NOT_FOUND",
  "SERVICE_NOT_AVAILABLE",
  "REQUEST_TIMEOUT",
  "REQUEST_SKIPPED",
  "REQUEST_REJECTED",
  "QUEUE_FULL",
  "BAD_GATEWAY",
]);
/** How long a client is asked to wait when nobody knows better, seconds. */
const RETRY_AFTER = 1;

/**
 * The answer to whatever was thrown. What is not in the catalogue is INTERNAL, and none of its words get out:
 * they may name documents, addresses or people.
 */
function failureOf(error: unknown): Failure {
  const type = typeOf(error);
  if (type && type !== "INTERNAL") {
    const { message, data } = error as { message: string; data?: unknown };
    return { status: catalogue[type][0], type, message, ...(data !== undefined && data !== null && { data }) };
  }
  const foreign = (error as { type?: string } | null)?.type ?? "";
  // A path that cannot be decoded names nothing.
  return plain(ABSENT.has(foreign) ? "TRY_AGAIN" : foreign === "UNABLE_DECODE_PARAM" ? "NOT_FOUND" : "INTERNAL");
}

function plain(type: ErrorType): Failure {
  const [status, message] = catalogue[type];
  return { status, type, message };
}

interface Host {
  runtime: Runtime;
  logger: { error(...words: unknown[]): void };
}

/** The answer to whatever was thrown; what nobody foresaw is logged under the request's id, which the client has too. */
export function explain({ logger }: Pick<Host, "logger">, what: string, requestId: unknown, error: unknown): Failure {
  const failure = failureOf(error);
  if (failure.type === "INTERNAL") logger.error(`${what} failed, request ${requestId}`, error);
  return failure;
}

/** Sends the answer to whatever was thrown. */
export function sendFailure(host: Host, req: IncomingMessage, res: ServerResponse, error: unknown): void {
  if (error instanceof ClientGone || res.destroyed) return;
  const what = `${req.method} ${req.url?.split("?", 1)[0]}`;
  const { status, ...body } = explain(host, what, res.getHeader("x-request-id"), error);
  // Half of an answer is out already: only cutting it off tells the client that it is not whole.
  if (res.headersSent) return void res.destroy();
  linger(req, res, host.runtime);
  sendJson(res, status, body, headersOf({ status, ...body }));
}

/** Whoever is to come again is told when. */
export function headersOf({ status, data }: Failure): Record<string, string> | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const { retryAfter = RETRY_AFTER } = (data ?? {}) as { retryAfter?: number };
  return { "retry-after": String(retryAfter) };
}
