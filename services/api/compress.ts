import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Fewer bytes are not worth compressing. */
const TINY = 1024;
/** Higher ones cost more time than they save bytes. */
const BROTLI_QUALITY = 5;

const ENCODERS = {
  br: (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (body: Buffer) => gzipSync(body),
};
export type Encoding = keyof typeof ENCODERS;

/** A body in every encoding; in none when it is tiny. */
export const encodingsOf = (body: Buffer): { [E in Encoding]?: Buffer } =>
  body.length < TINY ? {} : { br: ENCODERS.br(body), gzip: ENCODERS.gzip(body) };

/** Ends a reply with this text, compressed as the client likes it best. */
export function endCompressed(req: IncomingMessage, res: ServerResponse, body: Buffer): ServerResponse {
  const encoding = body.length < TINY ? undefined : encodingOf(req);
  const sent = encoding ? ENCODERS[encoding](body) : body;
  if (encoding) res.setHeader("content-encoding", encoding);
  return res.setHeader("content-length", sent.length).end(sent);
}

/** The best encoding that the client takes; undefined when it takes none. */
export function encodingOf({ headers }: IncomingMessage): Encoding | undefined {
  const accepted = String(headers["accept-encoding"] ?? "").split(",");
  const takes = (encoding: Encoding) =>
    accepted.some((one) => {
      const [name, weight = "q=1"] = one.split(";").map((part) => part.trim());
      return name === encoding && Number(weight.slice(2)) > 0;
    });
  return takes("br") ? "br" : takes("gzip") ? "gzip" : undefined;
}
