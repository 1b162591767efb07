import type { ServerResponse } from "node:http";
import type { Injected } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import type { Stored } from "../../mixins/files/store.ts";
import { httpRoutes } from "./api.contract.ts";
import { invite } from "./body.ts";
import { queryOf, readerOf, type Reader } from "./params.ts";
import { nameOf, placeOf, takePart } from "./parts.ts";
import { sendJson } from "./reply.ts";
import { routeOf } from "./route.ts";
import type { Sessions } from "./session.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

interface Host extends Injected {
  broker: Shop;
  files: Pick<FilesHandle, "put" | "unfinished">;
  sessions: Sessions;
}

const readUpload = readerOf(routeOf(httpRoutes.upload.rest, httpRoutes.upload.params));
const readOffset = readerOf(routeOf(httpRoutes.uploadOffset.rest, httpRoutes.uploadOffset.params));

/**
 * Takes a file in, whole or in parts. Its bytes go straight to the disk and never through the broker; whether the
 * caller may upload is asked before the first byte is read, of every part again, and what is wrong or cut off leaves
 * nothing but the parts that can be gone on with.
 */
export async function upload(host: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const { config, files } = host;
  const { params, user, options } = await callerOf(host, readUpload, req, res);
  const { id, filename } = params as { id: string; filename: string };
  const place = placeOf(req);
  const maxBytes = config.UPLOAD_MAX_MB * 1_048_576;
  if ((place?.total ?? Number(req.headers["content-length"] ?? 0)) > maxBytes) throw fail("TOO_LARGE", { maxBytes });
  await host.broker.call("items.mayUpload", { id, filename }, options);
  const attach = async (stored: Stored) => {
    const type = mediaType(req.headers["content-type"]);
    return { file: await host.broker.call("items.attachFile", { id, filename, type, ...stored }, options) };
  };
  if (!place) {
    invite(req, res);
    return sendJson(res, 201, await attach(await files.put(req, { maxBytes })));
  }
  const name = nameOf({ user, id, filename, total: place.total }, req);
  const { offset, stored } = await takePart(files, name, place, req, res);
  if (!stored) return sendOffset(res, 202, offset);
  const attached = await attach(stored);
  await files.unfinished.remove(name);
  sendJson(res, 201, attached, { "upload-offset": offset });
}

/** How much of an upload in parts is here. */
export async function uploadOffset(host: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const { params, user, options } = await callerOf(host, readOffset, req, res);
  const { id, filename, total } = params as { id: string; filename: string; total: number };
  await host.broker.call("items.mayUpload", { id, filename }, options);
  sendOffset(res, 200, await host.files.unfinished.offset(nameOf({ user, id, filename, total }, req)));
}

async function callerOf({ sessions }: Pick<Host, "sessions">, read: Reader, req: WebRequest, res: ServerResponse) {
  const visitor = await sessions.visitor(req, res);
  if (!visitor.user) throw fail("SIGN_IN_REQUIRED");
  const params = read({ path: req.$params.params, query: queryOf(req.originalUrl) });
  const options = { meta: sessions.meta(visitor, undefined), parentCtx: req.$ctx };
  return { params, user: visitor.user.id, options };
}

const sendOffset = (res: ServerResponse, status: number, offset: number): void =>
  sendJson(res, status, { offset }, { "upload-offset": offset });

/** The type as far as it is one; buyers get it back in a header. */
const mediaType = (type = ""): string =>
  type.length <= 100 && /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream";
