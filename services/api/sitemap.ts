import type { ServerResponse } from "node:http";
import type { Injected } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { MAX_ON_SALE } from "../items/items.contract.ts";
import { httpRoutes } from "./api.contract.ts";
import { endCompressed } from "./compress.ts";
import { readerOf } from "./params.ts";
import { routeOf } from "./route.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

/** How many items a sitemap lists; one may have 50,000 addresses, and is to be made quickly. */
const PART = MAX_ON_SALE;
/** How long crawlers may go without asking again, seconds. */
const KEEP_SECONDS = 600;
/** What is nobody's business but its owner's, or is no page. */
const PRIVATE = [
  ...["/api/", "/v1/", "/files/", "/dev/", "/open/"],
  ...["/basket", "/buy", "/checkout/", "/orders", "/library", "/wishlist", "/account", "/sell", "/admin"],
];

interface Host extends Injected {
  broker: Shop;
}

const { rest, params } = httpRoutes.sitemapPart;
const readPart = readerOf(routeOf(rest, params));

/** `GET /robots.txt` */
export function robots({ config }: Host, res: ServerResponse): void {
  const lines = ["User-agent: *", ...PRIVATE.map((path) => `Disallow: ${path}`), ""];
  const text = [...lines, `Sitemap: ${config.PUBLIC_URL}/sitemap.xml`, ""].join("\n");
  res.writeHead(200, { "content-type": "text/plain; charset=utf-8", ...kept }).end(text);
}

/** `GET /sitemap.xml`: the items on sale where one sitemap holds them, or else an index of several. */
export async function sitemap(host: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const { config, broker } = host;
  const { rows, total } = await broker.call("items.onSale", { page: 1, pageSize: PART });
  if (total <= PART) return sendXml(req, res, urlSet(config.PUBLIC_URL, rows, [`${config.PUBLIC_URL}/`]));
  const parts = Array.from({ length: Math.ceil(total / PART) }, (_, n) => `${config.PUBLIC_URL}/sitemap/${n + 1}.xml`);
  sendXml(
    req,
    res,
    list(
      "sitemapindex",
      parts.map((part) => `<sitemap>${locOf(part)}</sitemap>`),
    ),
  );
}

/** `GET /sitemap/:part.xml`, from 1. */
export async function sitemapPart({ config, broker }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const { part } = readPart({ path: req.$params.params, query: {} }) as { part: string };
  const { rows } = await broker.call("items.onSale", { page: Number(part), pageSize: PART });
  if (!rows.length) throw fail("NOT_FOUND");
  sendXml(req, res, urlSet(config.PUBLIC_URL, rows, part === "1" ? [`${config.PUBLIC_URL}/`] : []));
}

const urlSet = (shop: string, items: { id: string; changedAt: number }[], others: string[]): string =>
  list("urlset", [
    ...others.map((address) => `<url>${locOf(address)}</url>`),
    ...items.map(({ id, changedAt }) => {
      const changed = new Date(changedAt).toISOString();
      return `<url>${locOf(`${shop}/p/${encodeURIComponent(id)}`)}<lastmod>${changed}</lastmod></url>`;
    }),
  ]);

const list = (name: string, entries: string[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<${name} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`,
    ...entries,
    `</${name}>`,
    "",
  ].join("\n");

const locOf = (address: string): string => `<loc>${address.replaceAll("&", "&amp;")}</loc>`;

const kept = { "cache-control": `public, max-age=${KEEP_SECONDS}` };

function sendXml(req: WebRequest, res: ServerResponse, xml: string): void {
  res.setHeaders(
    new Map(Object.entries({ "content-type": "application/xml; charset=utf-8", vary: "Accept-Encoding", ...kept })),
  );
  endCompressed(req, res, Buffer.from(xml));
}
