import { isIPv6 } from "node:net";

/** What an address counts as: one customer of IPv6 has a whole /64 to call from. */
export function networkOf(address: string | undefined): string {
  const mapped = address?.replace(/^::ffff:(?=[\d.]+$)/i, "") ?? "";
  if (!isIPv6(mapped)) return mapped;
  const [head = "", tail] = mapped.toLowerCase().split("%")[0]!.split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
