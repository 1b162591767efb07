import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Runtime } from "../../core/runtime.ts";

/** The headers of a request must be in within this time, ms: who sends them byte by byte holds a connection for no longer. */
const HEADERS_WITHIN = 10_000;
/** A whole request, the largest upload included, ms. */
const REQUEST_WITHIN = 3_600_000;
/** A connection on which nothing moves is given up, ms. Live streams move every 15 s. */
const IDLE_WITHIN = 120_000;
/** Longer than the 60 s of common load balancers, so that they are not the ones who write into a closing connection, ms. */
const KEEP_ALIVE = 65_000;
/** How often connections are held to these times, ms. */
const CHECK_EVERY = 5000;
/** Room for the cookies of many guest orders: browsers keep some 180 a site, each of about 130 bytes. */
const MAX_HEADERS = 32_768;
/** How long a stop waits for requests in flight, ms; within the 5 s that a stop may take. */
const DRAIN_WITHIN = 4000;
/** How often a stop closes connections that have become idle, ms. */
const DRAIN_EVERY = 50;

export function httpServer(handler: (req: IncomingMessage, res: ServerResponse) => void): Server {
  const server = createServer(
    {
      keepAlive: true,
      keepAliveTimeout: KEEP_ALIVE,
      headersTimeout: HEADERS_WITHIN,
      requestTimeout: REQUEST_WITHIN,
      connectionsCheckingInterval: CHECK_EVERY,
      maxHeaderSize: MAX_HEADERS,
    },
    handler,
  );
  server.timeout = IDLE_WITHIN;
  // Whoever asks before they send a body is answered by its reader, or refused without one.
  server.on("checkContinue", handler);
  return server;
}

/** Resolves when the server takes requests. Rejects with a line for people when the port is not to be had. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => {
      const reason = { EADDRINUSE: "is already in use", EACCES: "may not be used by this user" }[error.code ?? ""];
      reject(reason ? new Error(`PORT ${port} ${reason}`, { cause: error }) : error);
    };
    server.once("error", refused).listen(port, () => {
      server.off("error", refused);
      resolve();
    });
  });
}

/** Takes no more requests, lets those in flight finish, then closes whatever is left. */
export async function drain(server: Server, runtime: Runtime): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = runtime.every(DRAIN_EVERY, () => server.closeIdleConnections());
  const late = runtime.after(DRAIN_WITHIN, () => server.closeAllConnections());
  await closed;
  idle.cancel();
  late.cancel();
}
