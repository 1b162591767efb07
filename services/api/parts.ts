import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { fail } from "../../core/errors.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import type { Stored } from "../../mixins/files/store.ts";
import { invite } from "./body.ts";
import type { WebRequest } from "./web.ts";

const CONTENT_RANGE = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15})$/;
const VERSION = /^[\x20-\x7e]{0,255}$/;

/** What makes two requests parts of the same upload; another user's is another one. */
interface Upload {
  user: string;
  id: string;
  filename: string;
  /** Bytes of the whole file. */
  total: number;
}

/** The place of a part in its file; without a start and an end there is no body, and the file should be here. */
interface Place {
  start?: number;
  /** The byte after its last one. */
  end?: number;
  total: number;
}

type Files = Pick<FilesHandle, "unfinished" | "put">;

/** Where a part of a file belongs; undefined when the body is the whole file. Throws VALIDATION_ERROR. */
export function placeOf({ headers }: WebRequest): Place | undefined {
  const given = headers["content-range"];
  if (given === undefined) return undefined;
  const [, first, last, size] = CONTENT_RANGE.exec(given) ?? [];
  const total = Number(size);
  if (!total) throw refused("Content-Range");
  if (first === undefined) return { total };
  const [start, end] = [Number(first), Number(last) + 1];
  const length = headers["content-length"];
  if (start >= end || end > total || (length !== undefined && Number(length) !== end - start))
    throw refused("Content-Range");
  return { start, end, total };
}

/** Under this the bytes of an upload wait. Throws VALIDATION_ERROR for a header Upload-Version that is none. */
export function nameOf({ user, id, filename, total }: Upload, { headers }: WebRequest): string {
  const version = headers["upload-version"] ?? "";
  if (typeof version !== "string" || !VERSION.test(version)) throw refused("Upload-Version");
  return createHash("sha256")
    .update(JSON.stringify([user, id, filename, total, version]))
    .digest("hex");
}

/**
 * Takes a part in. Resolves with the offset from which to go on, and with the stored file once all of it is here:
 * read through from its first byte, so that its hash is of what is kept. Throws WRONG_OFFSET, TRY_AGAIN.
 */
export async function takePart(
  files: Files,
  name: string,
  { start, end, total }: Place,
  req: WebRequest,
  res: ServerResponse,
): Promise<{ offset: number; stored?: Stored }> {
  let offset: number;
  if (start === undefined || end === undefined) {
    offset = await files.unfinished.offset(name);
    if (offset !== total) throw fail("WRONG_OFFSET", { offset });
  } else {
    invite(req, res);
    offset = await files.unfinished.append(name, { start, end, body: req });
    if (offset < total) return { offset };
  }
  const stored = await files.put(files.unfinished.read(name), { maxBytes: total });
  // Another request of the same upload began anew meanwhile.
  if (stored.size !== total) throw fail("TRY_AGAIN");
  return { offset, stored };
}

const refused = (field: string) => fail("VALIDATION_ERROR", [{ field, rule: "pattern" }]);
