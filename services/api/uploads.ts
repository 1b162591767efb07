import type { ServerResponse } from "node:http";
import type { Injected } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { FileStore } from "../../mixins/files/store.ts";
import { httpRoutes } from "./api.contract.ts";
import { invite } from "./body.ts";
import { queryOf, readerOf } from "./params.ts";
import { sendJson } from "./reply.ts";
import { routeOf } from "./route.ts";
import type { Sessions } from "./session.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

interface Host extends Injected {
  broker: Shop;
  files: Pick<FileStore, "put">;
  sessions: Sessions;
}

const { rest, params } = httpRoutes.upload;
const read = readerOf(routeOf(rest, params));

/**
 * Takes a file in. Its bytes go straight to the store and never through the broker; whether the caller may upload
 * is asked before the first byte is read, and what is wrong or cut off leaves nothing.
 */
export async function upload({ broker, config, files, sessions }: Host, req: WebRequest, res: ServerResponse) {
  const visitor = await sessions.visitor(req, res);
  if (!visitor.user) throw fail("SIGN_IN_REQUIRED");
  const { id, filename } = read({ path: req.$params.params, query: queryOf(req.originalUrl) }) as {
    id: string;
    filename: string;
  };
  const maxBytes = config.UPLOAD_MAX_MB * 1_048_576;
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw fail("TOO_LARGE", { maxBytes });
  const options = { meta: sessions.meta(visitor, undefined), parentCtx: req.$ctx };
  await broker.call("items.mayUpload", { id, filename }, options);
  invite(req, res);
  const stored = await files.put(req, { maxBytes });
  const type = mediaType(req.headers["content-type"]);
  const file = await broker.call("items.attachFile", { id, filename, type, ...stored }, options);
  sendJson(res, 201, { file });
}

/** The type as far as it is one; buyers get it back in a header. */
const mediaType = (type = ""): string =>
  type.length <= 100 && /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream";
