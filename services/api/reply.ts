import type { Socket } from "node:net";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Runtime } from "../../core/runtime.ts";

/** How long the rest of a request that was refused is read away, ms, so that the client sees the answer. */
const LINGER = 2000;

/** Answers with JSON. Replies depend on who asks and on the moment: no cache keeps them. */
export function sendJson(res: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  if (status === 204) return void res.writeHead(204, { "cache-control": "no-store", ...headers }).end();
  const text = JSON.stringify(body);
  res
    .writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      ...headers,
    })
    .end(text);
}

/**
 * For an answer that is sent before its request has come in. A connection closed at once would be reset, and the
 * answer lost with it; one left open would be read for as long as somebody likes to send.
 */
export function linger(req: IncomingMessage, res: ServerResponse, runtime: Runtime): void {
  // A request forgets its socket when that is gone; then there is nobody to answer.
  const socket = req.socket as Socket | null;
  if (req.complete || !socket) return;
  res.once("finish", () => {
    const late = runtime.after(LINGER, () => socket.destroy());
    req.once("end", () => late.cancel()).resume();
  });
}
