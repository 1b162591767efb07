import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { encodingOf, encodingsOf, endCompressed } from "./compress.ts";
import type { Language } from "./language.ts";

/** A page as it came from the storefront, and as it is sent again and again. */
export interface RenderedPage {
  status: number;
  type: string;
  html: Buffer;
  encoded: ReturnType<typeof encodingsOf>;
  etag: string;
  /** All of it together. */
  bytes: number;
}

export function renderedPage(status: number, type: string, html: Buffer): RenderedPage {
  const encoded = encodingsOf(html);
  const bytes = Object.values(encoded).reduce((sum, { length }) => sum + length, html.length);
  // Weak: one page has the same tag in every encoding.
  const etag = `W/"${createHash("sha256").update(html).digest("base64url").slice(0, 22)}"`;
  return { status, type, html, encoded, etag, bytes };
}

/** A page that is the same for everybody. Browsers keep it, and ask each time whether it is still the one. */
export function sendPage(req: IncomingMessage, res: ServerResponse, page: RenderedPage, language: Language): void {
  const { status, type, html, encoded, etag } = page;
  describe(res, language, "no-cache");
  if (status === 200) {
    res.setHeader("etag", etag);
    if (isKnown(req, etag)) return void res.writeHead(304).end();
  }
  const encoding = encodingOf(req);
  const body = (encoding && encoded[encoding]) ?? html;
  if (body !== html) res.setHeader("content-encoding", encoding!);
  res.writeHead(status, { "content-type": type, "content-length": body.length }).end(body);
}

/**
 * For a page that is rendered for one request alone: its HTML goes out compressed, and no shared cache keeps it. What
 * the storefront sends besides (scripts, styles, pictures) is left as it is.
 */
export function finishPage(req: IncomingMessage, res: ServerResponse, language: Language): void {
  const end = res.end.bind(res) as (...given: unknown[]) => ServerResponse;
  res.end = (...given: unknown[]) => {
    res.end = end;
    if (res.headersSent) return end(...given);
    res.removeHeader("x-powered-by");
    if (!String(res.getHeader("content-type")).startsWith("text/html")) return end(...given);
    // Whoever knows better has said so already.
    const known = res.getHeader("cache-control") as string | undefined;
    describe(res, language, known ?? (req.method === "POST" ? "no-store" : "private, no-cache"));
    const [html] = given;
    const isText = typeof html === "string" || html instanceof Uint8Array;
    return endCompressed(req, res, isText ? Buffer.from(html as string) : Buffer.alloc(0));
  };
}

function describe(res: ServerResponse, language: Language, cacheControl: string): void {
  res.setHeader("content-language", language);
  res.setHeader("vary", "Cookie, Accept-Language, Accept-Encoding");
  res.setHeader("cache-control", cacheControl);
}

/** Does the client have it already? */
function isKnown({ headers }: IncomingMessage, etag: string): boolean {
  const known = headers["if-none-match"]?.split(",").map((tag) => tag.trim()) ?? [];
  return known.includes(etag) || known.includes("*");
}
