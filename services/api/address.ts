import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";

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

/** What an address counts as: one customer of IPv6 has a whole /64 to call from. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [left = "", right] = address.split("%")[0]!.split("::");
  const groups = left.split(":");
  const missing = right === undefined ? 0 : 8 - groups.length - right.split(":").length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...(right ?? "").split(":")]
    .slice(0, 4)
    .map((group) => Number.parseInt(group || "0", 16).toString(16))
    .join(":");
}
