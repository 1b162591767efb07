import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Injected } from "../../core/contract.ts";
import { fail, typeOf } from "../../core/errors.ts";
import { Turns } from "../../core/turns.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import { drawCover } from "../items/cover.ts";
import type { Cover } from "../items/cover.contract.ts";
import type { Item } from "../items/items.contract.ts";
import { COVER_WIDTHS, httpRoutes } from "./api.contract.ts";
import { readBody } from "./body.ts";
import type { Limits } from "./limits.ts";
import { queryOf, readerOf } from "./params.ts";
import { decode, withSharp } from "./pictures.ts";
import { sendJson } from "./reply.ts";
import { routeOf } from "./route.ts";
import type { Sessions } from "./session.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

interface Host extends Injected {
  broker: Shop;
  files: Pick<FilesHandle, "put" | "serve">;
  limits: Limits;
  sessions: Sessions;
}

/** An uploaded picture, bytes. It is read into memory, so only so many come in at a time, within this time each, ms. */
const MAX_PICTURE = 10 * 1_048_576;
const PICTURES_COMING = 8;
const PICTURE_WITHIN = 60_000;
/** The width served when none is asked for, px. */
const DEFAULT_WIDTH = "640";
/** A picture is at most so many times as high as it is wide; what is higher gets narrower. */
const MAX_SHAPE = 2;
/** For 1280 px AVIF takes 2.7 s with effort 4, its default, and 0.2 s with 2. */
const AVIF = { quality: 52, effort: 2 } as const;
const WEBP = { quality: 80 } as const;
/** How long a browser or a cache may show a drawn cover without asking again, seconds. */
const COVER_SECONDS = 3600;
const FOR_EVER = "public, max-age=31536000, immutable";
/** Neither a drawing nor a picture runs as a page of ours, wherever it is opened. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const { cover: drawnRoute, photo: photoRoute, setCover: uploadRoute } = httpRoutes;
const readCover = readerOf(routeOf(drawnRoute.rest, drawnRoute.params));
const readPhoto = readerOf(routeOf(photoRoute.rest, photoRoute.params));
const readUpload = readerOf(routeOf(uploadRoute.rest, uploadRoute.params));
const coming = new Turns({ atOnce: PICTURES_COMING, mayWait: 0 });

/** Takes a picture in: judged by its bytes, cleaned of all else that they may hold, and kept in a few widths. */
export async function setCover(host: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const { broker, limits, runtime, sessions } = host;
  const visitor = await sessions.visitor(req, res);
  if (!visitor.user) throw fail("SIGN_IN_REQUIRED");
  const { id } = readUpload({ path: req.$params.params, query: queryOf(req.originalUrl) }) as { id: string };
  await limits.spend("items.setCover", visitor.address);
  const options = { meta: sessions.meta(visitor, undefined), parentCtx: req.$ctx };
  await broker.call("items.mayChange", { id }, options);
  const body = { maxBytes: MAX_PICTURE, within: PICTURE_WITHIN };
  const cover = await coming.run(async () => prepare(host.files, await readBody(req, res, runtime, body)));
  sendJson(res, 200, await broker.call("items.setCover", { id, cover }, options));
}

/** All widths of a picture, stored. It is decoded once; every size is made of the largest. */
async function prepare(files: Host["files"], bytes: Buffer): Promise<Cover> {
  const sizes = await withSharp(async (open) => {
    const widest = Math.max(...COVER_WIDTHS);
    const { data, info } = await decode(open, bytes, { width: widest, height: widest * MAX_SHAPE });
    const { width, height, channels } = info;
    const made: { width: number; height: number; webp: Buffer; avif: Buffer }[] = [];
    for (const wanted of [...COVER_WIDTHS.filter((narrower) => narrower < width), width]) {
      const sized = open(data, { raw: { width, height, channels } }).resize({ width: wanted });
      const webp = await sized.clone().webp(WEBP).toBuffer({ resolveWithObject: true });
      const avif = await sized.clone().avif(AVIF).toBuffer();
      made.push({ width: wanted, height: webp.info.height, webp: webp.data, avif });
    }
    return made;
  });
  const put = async (made: Buffer) => (await files.put(Readable.from([made]))).blob;
  const stored: Cover["sizes"] = [];
  for (const size of sizes) stored.push({ ...size, webp: await put(size.webp), avif: await put(size.avif) });
  const hash = createHash("sha256").update(JSON.stringify(stored)).digest("hex").slice(0, 32);
  return { hash, sizes: stored };
}

/** An uploaded cover. Its hash is in its address: whoever has that may see it, and what it names never changes. */
export async function photo({ broker, files }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const params = readPhoto({ path: req.$params.params, query: queryOf(req.originalUrl) });
  const { id, hash, w = DEFAULT_WIDTH } = params as { id: string; hash: string; w?: string };
  const cover = await broker.call("items.cover", { id }, { parentCtx: req.$ctx });
  // A page from before the last change asks for what was: the item's own address knows what is, and for whom.
  if (cover?.hash !== hash) return redirect(res, `/covers/${encodeURIComponent(id)}.svg`);
  const size = cover.sizes.find(({ width }) => width >= Number(w)) ?? cover.sizes.at(-1)!;
  const format = /\bimage\/avif\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(req.headers.accept ?? "") ? "avif" : "webp";
  const file = { blob: size[format], filename: `cover.${format}`, type: `image/${format}` };
  await files.serve(req, res, file, {
    "cache-control": FOR_EVER,
    "content-disposition": "inline",
    "content-security-policy": POLICY,
    vary: "Accept",
  });
}

/** A drawn cover, or the way to the picture. Those of drafts are for their sellers, and for no shared cache. */
export async function cover(host: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const params = readCover({ path: req.$params.params, query: {} }) as { id: string };
  const { item, open } = await shownItem(host, params, req, res);
  if (item.cover && !item.cover.endsWith(".svg")) return redirect(res, item.cover);
  const svg = drawCover(item);
  const etag = `"${createHash("sha256").update(svg).digest("base64url").slice(0, 22)}"`;
  const headers = {
    "cache-control": `${open ? "public" : "private"}, max-age=${COVER_SECONDS}`,
    etag,
    "content-security-policy": POLICY,
  };
  if (req.headers["if-none-match"] === etag) return void res.writeHead(304, headers).end();
  const length = Buffer.byteLength(svg);
  res.writeHead(200, { "content-type": "image/svg+xml; charset=utf-8", "content-length": length, ...headers }).end(svg);
}

/** An item as the visitor may see it; `open` when everybody may. */
async function shownItem(
  { broker, sessions }: Host,
  params: { id: string },
  req: WebRequest,
  res: ServerResponse,
): Promise<{ item: Item; open: boolean }> {
  const get = (meta: object) => broker.call("items.get", params, { meta, parentCtx: req.$ctx });
  const item = await get({}).catch((error: unknown) => {
    if (typeOf(error) === "NOT_FOUND") return null;
    throw error;
  });
  if (item) return { item, open: true };
  return { item: await get(sessions.meta(await sessions.visitor(req, res), undefined)), open: false };
}

const redirect = (res: ServerResponse, location: string): void =>
  void res.writeHead(302, { location, "cache-control": "no-cache", "content-length": 0 }).end();
