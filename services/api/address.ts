import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * The caller's address. Behind `hops` proxies of ours it is what the outermost of them wrote into X-Forwarded-For,
 * counted from the right: whatever stands left of that the caller may have made up.
 */
export function addressOf({ socket, headers }: IncomingMessage, hops: number): string {
  const own = (socket.remoteAddress ?? "").replace(/^::ffff:(?=[\d.]+$)/i, "");
  if (hops === 0) return own;
  const seen = String(headers["x-forwarded-for"] ?? "").split(",");
  const address = (seen.at(-hops) ?? seen[0]!).trim();
  return isIP(address) ? address : own;
}
