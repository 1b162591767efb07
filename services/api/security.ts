import { createHash } from "node:crypto";
import type { Config } from "../../core/config.ts";

const YEAR = 31_536_000;

/** What every reply carries. Pages have a wider policy of their own; nothing else we send is to load or to run anything. */
export function securityHeaders({ PUBLIC_URL }: Config): Map<string, string> {
  return new Map([
    ["x-content-type-options", "nosniff"],
    ["referrer-policy", "strict-origin-when-cross-origin"],
    ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
    ...(PUBLIC_URL.startsWith("https:") ? [["strict-transport-security", `max-age=${YEAR}`] as const] : []),
  ]);
}

export interface PagePolicies {
  page: string;
  /** Pages on which a card is typed: those alone may run Stripe's scripts. */
  checkout: string;
}

/** The policy of the storefront's pages: of inline scripts only those that every page has, by their hashes. */
export function pagePolicies(inlineScripts: string[], { sandbox, STRIPE_API }: Config): PagePolicies {
  const hashes = inlineScripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  const policy = (scripts: string[], frames: string[], connections: string[]) =>
    [
      "default-src 'self'",
      `script-src ${["'self'", ...hashes, ...scripts].join(" ")}`,
      `frame-src ${frames.join(" ") || "'none'"}`,
      `connect-src ${["'self'", ...connections].join(" ")}`,
      // Vue sets style attributes, which have no hashes.
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join("; ");
  const page = policy([], [], []);
  if (sandbox) return { page, checkout: page };
  const stripe = ["https://js.stripe.com", "https://hooks.stripe.com"];
  return { page, checkout: policy(["https://js.stripe.com"], stripe, [STRIPE_API ?? "https://api.stripe.com"]) };
}

/** The inline scripts of a page that a browser would run; data blocks and scripts with an address are none. */
export const inlineScriptsOf = (html: string): string[] =>
  [...html.matchAll(/<script(?![^>]*\s(?:src=|type="application\/))[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, text]) => text!,
  );
