import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { Flights } from "../../core/flights.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import { drawCover } from "../items/cover.ts";
import type { Item } from "../items/items.contract.ts";
import { httpRoutes } from "./api.contract.ts";
import { CARD_ART, itemCardOf, shopCardOf } from "./card.ts";
import { readerOf } from "./params.ts";
import { withSharp } from "./pictures.ts";
import { routeOf } from "./route.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

interface Host {
  broker: Shop;
  files: Pick<FilesHandle, "open">;
}

/** How long a crawler may show a card without asking again, seconds: a price may change. */
const CARD_SECONDS = 600;
/** Cards that are kept, bytes; of a card some 60 KB. The one that nobody asked for the longest goes first. */
const KEPT_BYTES = 16 * 1_048_576;
/** A photograph in 256 colours is a third of its size, and looks the same where cards are shown. */
const PHOTO_PNG = { palette: true, quality: 90, effort: 4, compressionLevel: 9 } as const;
const DRAWN_PNG = { compressionLevel: 9 } as const;

const read = readerOf(routeOf(httpRoutes.itemCard.rest, httpRoutes.itemCard.params));
const kept = new Map<string, Buffer>();
const drawing = new Flights<Buffer>();
let keptBytes = 0;

/** The picture of a published item for links to it. Nobody but its seller learns of another. */
export async function itemCard({ broker, files }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const params = read({ path: req.$params.params, query: {} }) as { id: string };
  const item = await broker.call("items.get", params, { meta: {}, parentCtx: req.$ctx });
  const photo = item.cover && !item.cover.endsWith(".svg") ? item.cover : undefined;
  const card = (art: string) =>
    itemCardOf({ title: item.title, price: priceOf(item), by: `by ${item.seller.name}`, art });
  // The address of a photograph stands for it until it is known that the card must be drawn.
  const svg = card(photo ?? drawCover(item));
  await send(req, res, svg, async () => {
    const cover = photo && (await broker.call("items.cover", params, { parentCtx: req.$ctx }));
    if (!cover) return rendered(svg, DRAWN_PNG);
    const bytes = await buffer(await files.open(cover.sizes.at(-1)!.webp));
    return rendered(card(await embedded(bytes)), PHOTO_PNG);
  });
}

/** The picture of the shop. */
export const shopCard = (_: Host, req: WebRequest, res: ServerResponse): Promise<void> => {
  const svg = shopCardOf();
  return send(req, res, svg, () => rendered(svg, DRAWN_PNG));
};

/** Draws what was not drawn lately, once for all who ask. */
async function send(req: WebRequest, res: ServerResponse, content: string, draw: () => Promise<Buffer>): Promise<void> {
  const key = createHash("sha256").update(content).digest("base64url").slice(0, 22);
  const headers = { etag: `"${key}"`, "cache-control": `public, max-age=${CARD_SECONDS}` };
  if (req.headers["if-none-match"] === headers.etag) return void res.writeHead(304, headers).end();
  const png = kept.get(key) ?? (await drawing.run(key, draw));
  keep(key, png);
  res.writeHead(200, { "content-type": "image/png", "content-length": png.length, ...headers }).end(png);
}

function keep(key: string, png: Buffer): void {
  if (kept.delete(key)) keptBytes -= png.length;
  kept.set(key, png);
  keptBytes += png.length;
  for (const [oldest, { length }] of kept) {
    if (keptBytes <= KEPT_BYTES) return;
    kept.delete(oldest);
    keptBytes -= length;
  }
}

const rendered = (svg: string, options: object): Promise<Buffer> =>
  withSharp((open) => open(Buffer.from(svg)).flatten().png(options).toBuffer());

/** A photograph as art: cut to the place that it has, inside of the SVG itself. */
const embedded = async (bytes: Buffer): Promise<string> => {
  const jpeg = await withSharp((open) =>
    open(bytes)
      .resize({ ...CARD_ART, fit: "cover" })
      .flatten({ background: "#fff" })
      .jpeg({ quality: 92 })
      .toBuffer(),
  );
  return `<image width="${CARD_ART.width}" height="${CARD_ART.height}" href="data:image/jpeg;base64,${jpeg.toString("base64")}"/>`;
};

const priceOf = ({ price: { amount, currency } }: Item): string =>
  new Intl.NumberFormat("en", { style: "currency", currency }).format(amount / 100);
