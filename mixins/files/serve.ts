import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { fail } from "../../core/errors.ts";
import type { FileLink } from "./links.ts";
import type { FileStore } from "./store.ts";

/** Where the bytes come from. */
type Source = Pick<FileStore, "stat" | "open">;

interface Range {
  start: number;
  end: number;
}

/**
 * Answers GET and HEAD for a file: single ranges, ETag, If-None-Match and If-Range (RFC 9110). Resolves when the
 * answer is sent or the client has left. Throws NOT_FOUND, RANGE_NOT_SATISFIABLE and METHOD_NOT_ALLOWED before
 * anything is sent, the headers they need (Content-Range, Allow) set on the response. `given` headers go before ours.
 */
export async function serveFile(
  source: Source,
  req: IncomingMessage,
  res: ServerResponse,
  { blob, filename, type }: FileLink,
  given: OutgoingHttpHeaders = {},
): Promise<void> {
  if (req.method !== "GET" && req.method !== "HEAD") {
    res.setHeader("allow", "GET, HEAD");
    throw fail("METHOD_NOT_ALLOWED");
  }
  const found = await source.stat(blob);
  if (!found) throw fail("NOT_FOUND");
  const { size } = found;
  // The name of the bytes is their hash: a strong validator by nature.
  const etag = `"${blob}"`;
  const headers: OutgoingHttpHeaders = {
    etag,
    "accept-ranges": "bytes",
    "cache-control": "private",
    "content-disposition": attachment(filename),
    // Whatever was uploaded, HTML and SVG above all, must not run as part of the shop.
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    ...given,
  };
  if (matches(req.headers["if-none-match"], etag)) {
    res.writeHead(304, headers).end();
    return;
  }
  const range = wantedRange(req, etag, size);
  if (range === null) {
    res.setHeader("content-range", `bytes */${size}`);
    throw fail("RANGE_NOT_SATISFIABLE");
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  headers["content-type"] = mediaType(type);
  headers["content-length"] = end - start + 1;
  if (range) headers["content-range"] = `bytes ${start}-${end}/${size}`;
  const body = req.method === "GET" && size > 0 ? await source.open(blob, { start, end }) : null;
  res.writeHead(range ? 206 : 200, headers);
  if (!body) return void res.end();
  // The pipeline reads only as fast as the client takes, and closes the file when the client leaves.
  await pipeline(body, res).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

/** The range to send; undefined for the whole file, null when no byte of it exists. */
function wantedRange(req: IncomingMessage, etag: string, size: number): Range | null | undefined {
  const { range, "if-range": condition } = req.headers;
  if (req.method !== "GET" || !range || (condition !== undefined && condition !== etag)) return undefined;
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? [];
  // Several ranges, other units and nonsense may be ignored (RFC 9110, 14.2).
  if (first === undefined || last === undefined || first + last === "") return undefined;
  if (first === "")
    return Number(last) > 0 && size > 0 ? { start: Math.max(0, size - Number(last)), end: size - 1 } : null;
  if (last !== "" && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) return null;
  return { start: Number(first), end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}

/** If-None-Match compares weakly: what a cache marked with `W/` still counts. */
const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));

/** RFC 6266: an ASCII name for old clients, and the real one. */
export function attachment(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const exact = encodeURIComponent(filename).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
}

/** The type comes from whoever uploaded the file; what is no media type is served as bytes. */
export const mediaType = (type: string): string =>
  /^[\w.+-]+\/[\w.+-]+(;[\x20-\x7e]*)?$/.test(type) ? type : "application/octet-stream";
