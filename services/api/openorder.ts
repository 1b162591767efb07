import type { ServerResponse } from "node:http";
import type { Sessions } from "./session.ts";
import type { WebRequest } from "./web.ts";

/**
 * A guest's mailed link: the browser keeps the order's key, and is sent on to the order. False when the key is none, and
 * nothing is answered. The address holds the key, so no page is told where the visitor comes from, and no cache keeps it.
 */
export async function openOrder(
  { sessions }: { sessions: Sessions },
  req: WebRequest,
  res: ServerResponse,
): Promise<boolean> {
  const { order, token } = req.$params.params as { order: string; token: string };
  res.setHeader("referrer-policy", "no-referrer").setHeader("cache-control", "no-store");
  const opened = sessions.openOrder(res, await sessions.visitor(req, res), `${order}.${token}`);
  if (opened) res.writeHead(303, { location: `/orders/${encodeURIComponent(opened)}`, "content-length": 0 }).end();
  return opened !== undefined;
}
