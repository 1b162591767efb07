import type { IncomingMessage, ServerResponse } from "node:http";
import type { Injected } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import { httpRoutes } from "./api.contract.ts";
import { readJson } from "./body.ts";
import { itemCard, shopCard } from "./cards.ts";
import { cover, photo, setCover } from "./covers.ts";
import { dispatcher, type Finder } from "./dispatch.ts";
import type { Limits } from "./limits.ts";
import type { Live } from "./live.ts";
import { mailbox, mailboxJson, mailboxLetter } from "./mailbox.ts";
import { openOrder } from "./openorder.ts";
import type { Pages } from "./pages.ts";
import type { Reader } from "./params.ts";
import { perform } from "./perform.ts";
import { download, file, sandbox, webhook } from "./raw.ts";
import { sendJson } from "./reply.ts";
import type { Operation } from "./route.ts";
import type { Sessions } from "./session.ts";
import type { Shop } from "./shop.ts";
import { robots, sitemap, sitemapPart } from "./sitemap.ts";
import { upload, uploadOffset } from "./uploads.ts";
import type { Handler, WebRequest } from "./web.ts";

/** What the routes find in the service. */
export interface Host extends Injected {
  broker: Shop;
  logger: { error(...words: unknown[]): void };
  files: FilesHandle;
  sessions: Sessions;
  limits: Limits;
  live: Live;
  pages: Pages;
  document: string;
  find: Finder;
  /** The methods that a path takes; none when there is no such path. */
  methodsOf(path: string): string[];
  probe(req: IncomingMessage, res: ServerResponse): boolean;
}

/** Under these nothing is a page. */
const NOT_PAGES = /^\/(api|v1|files|covers|og)(\/|$)/;

/** Every route by `"METHOD /path"`, the more particular before the more general. */
export function aliasesOf(host: Host, operations: { operation: Operation; read: Reader }[]): Record<string, Handler> {
  // Who comes through a proxy comes from outside, and has no business with probes.
  const probe: Handler = async (req, res) => {
    if (req.headers["x-forwarded-for"] !== undefined) throw fail("NOT_FOUND");
    host.probe(req, res);
  };
  const own: Record<keyof typeof httpRoutes, Handler> = {
    upload: (req, res) => upload(host, req, res),
    uploadOffset: (req, res) => uploadOffset(host, req, res),
    setCover: (req, res) => setCover(host, req, res),
    download: (req, res) => download(host, req, res),
    file: (req, res) => file(host, req, res),
    open: async (req, res) => {
      if (!(await openOrder(host, req, res))) await page(host, req, res);
    },
    live: (req, res) => host.live.open(req, res),
    openapi: (_, res) => void res.writeHead(200, { "content-type": "application/json" }).end(host.document),
    webhook: (req, res) => webhook(host, req, res),
    cover: (req, res) => cover(host, req, res),
    photo: (req, res) => photo(host, req, res),
    shopCard: (req, res) => shopCard(host, req, res),
    itemCard: (req, res) => itemCard(host, req, res),
    robots: (_, res) => robots(host, res),
    sitemap: (req, res) => sitemap(host, req, res),
    sitemapPart: (req, res) => sitemapPart(host, req, res),
    alive: probe,
    ready: probe,
    metrics: probe,
  };
  return {
    ...Object.fromEntries(operations.map((entry) => [restOf(entry.operation), answer(host, entry)])),
    ...Object.fromEntries(Object.entries(httpRoutes).map(([name, { rest }]) => [rest, own[name as keyof typeof own]])),
    "GET /dev/mailbox": (req, res) => mailbox(host, req, res),
    "GET /dev/mailbox.json": (req, res) => mailboxJson(host, req, res),
    "GET /dev/mailbox/:id": (req, res) => mailboxLetter(host, req, res),
    "* /v1/{*path}": (req, res) => sandbox(host, req, res),
    "* /{*path}": (req, res) => elsewhere(host, req, res),
  };
}

export const restOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** An operation, by HTTP. */
const answer =
  (host: Host, entry: { operation: Operation; read: Reader }): Handler =>
  async (req, res) => {
    const call = {
      path: req.$params.params,
      headers: req.headers,
      url: req.originalUrl,
      body: () => readJson(req, res, host.runtime),
    };
    const { status, body } = await perform(host, entry, call, { req, res });
    sendJson(res, status, body);
  };

/** Where no route is: another method of one, nothing, or a page. */
async function elsewhere(host: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const [path] = req.originalUrl.split("?", 1) as [string];
  const allowed = host.methodsOf(path);
  if (allowed.length) {
    res.setHeader("allow", allowed.join(", "));
    throw fail("METHOD_NOT_ALLOWED");
  }
  if (NOT_PAGES.test(path)) throw fail("NOT_FOUND");
  await page(host, req, res);
}

const page = (host: Host, req: WebRequest, res: ServerResponse): Promise<void> =>
  host.pages.serve(req, res, (exchange) => dispatcher(host, host.find, exchange));
