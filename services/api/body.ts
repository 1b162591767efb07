import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fail } from "../../core/errors.ts";
import type { Runtime } from "../../core/runtime.ts";

/** The largest body that is read into memory, bytes. Files are streamed. */
export const MAX_BODY = 1_048_576;
/** How long a client may take to send one, ms. */
const BODY_WITHIN = 20_000;

/** The client left, or was too slow, before its request had come in. There is nobody to answer. */
export class ClientGone extends Error {}

/**
 * The JSON of a request; undefined when it has no body.
 * Throws UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, BAD_JSON.
 */
export async function readJson(req: IncomingMessage, res: ServerResponse, runtime: Runtime): Promise<unknown> {
  if (!hasBody(req)) return undefined;
  const [type, ...parameters] = (req.headers["content-type"] ?? "").toLowerCase().split(";");
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith("charset="));
  const plain = (req.headers["content-encoding"] ?? "identity") === "identity";
  if (type!.trim() !== "application/json" || !plain || (charset && !/^charset="?utf-?8"?$/.test(charset)))
    throw fail("UNSUPPORTED_MEDIA_TYPE");
  const body = await readBody(req, res, runtime);
  if (!isUtf8(body)) throw fail("BAD_JSON");
  try {
    return JSON.parse(body.toString());
  } catch {
    throw fail("BAD_JSON");
  }
}

/** The bytes of a request. Throws TOO_LARGE, as early as it is known, and leaves the rest unread. */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  runtime: Runtime,
  { maxBytes, within } = { maxBytes: MAX_BODY, within: BODY_WITHIN },
): Promise<Buffer> {
  const tooLarge = () => fail("TOO_LARGE", { maxBytes });
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  invite(req, res);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const late = runtime.after(within, () => req.destroy());
    const done = (settle: () => void) => {
      late.cancel();
      req.off("data", take).off("end", end).off("close", gone).off("error", gone);
      settle();
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else done(() => reject(tooLarge()));
    };
    const end = () => done(() => resolve(Buffer.concat(chunks)));
    const gone = () => done(() => reject(new ClientGone()));
    req.on("data", take).on("end", end).on("close", gone).on("error", gone);
  });
}

/** A client that asked first (Expect: 100-continue) sends its body from now on. */
export function invite(req: IncomingMessage, res: ServerResponse): void {
  if (req.headers.expect?.toLowerCase() === "100-continue") res.writeContinue();
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
