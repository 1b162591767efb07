import type { IncomingMessage } from "node:http";
import { fail } from "../../core/errors.ts";

const READS = new Set(["GET", "HEAD", "OPTIONS"]);
/** Called by other sites by design, and never with a cookie that counts. */
const OPEN = /^\/(api\/webhooks|v1)\//;

/**
 * Throws CROSS_SITE for a change that a page of another site asks a browser for. A browser says where a request
 * comes from, in one of two headers or in both; scripts say nothing, and carry nobody's cookies unknowingly.
 * A sister site on the same domain is another site.
 */
export function refuseCrossSite({ method, url, headers }: IncomingMessage, publicUrl: string): void {
  if (READS.has(method!) || OPEN.test(url!)) return;
  const { origin, host, "sec-fetch-site": site } = headers;
  if (site !== undefined && site !== "same-origin" && site !== "none") throw fail("CROSS_SITE");
  if (origin === undefined || origin === publicUrl) return;
  // Behind a proxy that ends TLS only the host is known as the browser saw it; no page can forge either header.
  if (host === undefined || URL.parse(origin)?.host !== host) throw fail("CROSS_SITE");
}
