import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pathToFileURL } from "node:url";
import type { Config } from "../../core/config.ts";
import { fail } from "../../core/errors.ts";
import { MAX_BODY } from "./body.ts";
import type { Dispatch } from "./dispatch.ts";
import { languageOf, type Language } from "./language.ts";
import type { PageCache } from "./pages.cache.ts";
import { anonymous, render, type Listener, type PageRequest } from "./pages.render.ts";
import { finishPage, renderedPage, sendPage, type RenderedPage } from "./pages.reply.ts";
import { isShared, type Reads } from "./pages.shared.ts";
import type { Exchange } from "./perform.ts";
import { inlineScriptsOf, pagePolicies, type PagePolicies } from "./security.ts";

const NOT_BUILT = `The storefront is not built. Build it once, then start again:

    npm run build --workspace frontend

The shop itself is up; GET /api/openapi.json describes what it can do.
`;
/** A page that is drawn in the browser alone: it has the inline scripts of all pages, and asks the shop for nothing. */
const SAMPLE = "/sell";
/** Pages on which a card is typed. */
const CHECKOUT = /^\/checkout(\/|\?|$)/;

/** How the page of this exchange asks the shop. */
type Dispatcher = (exchange: Exchange) => Dispatch;

interface Host {
  config: Config;
  pageCache: PageCache;
  logger: { warn(...words: unknown[]): void };
}

/** The storefront, mounted where no other route is. */
export class Pages {
  readonly #host: Host;
  readonly #listener: Listener | null;
  readonly #policies: PagePolicies;
  /** Pages that everybody shares know the shop by its public address, whatever a request calls it. */
  readonly #address: { host: string; "x-forwarded-proto": string };
  /** What every page may say of the shop: whether cards are real, and who runs it. */
  readonly #facts: { "x-test-mode": string; "x-operator": string };

  private constructor(host: Host, listener: Listener | null, policies: PagePolicies) {
    const { host: name, protocol } = new URL(host.config.PUBLIC_URL);
    this.#host = host;
    this.#listener = listener;
    this.#policies = policies;
    this.#address = { host: name, "x-forwarded-proto": protocol.slice(0, -1) };
    this.#facts = { "x-test-mode": host.config.sandbox ? "1" : "0", "x-operator": host.config.OPERATOR ?? "" };
  }

  /** `entry` is the server of a built Nuxt (preset node-listener); without one there is a page that says how to build it. */
  static async load(entry: string, host: Host): Promise<Pages> {
    if (!existsSync(entry)) return new Pages(host, null, pagePolicies([], host.config));
    const built = (await import(pathToFileURL(entry).href)) as { listener?: Listener; handler?: Listener };
    const listener = (built.listener ?? built.handler)!;
    const { req, res } = anonymous(SAMPLE, { host: "localhost" });
    req.$dispatch = () => Promise.reject(fail("TRY_AGAIN"));
    const sample = await render(listener, req, res);
    return new Pages(host, listener, pagePolicies(inlineScriptsOf(sample.toString()), host.config));
  }

  /** Throws METHOD_NOT_ALLOWED and TOO_LARGE. */
  async serve(req: PageRequest, res: ServerResponse, dispatcher: Dispatcher): Promise<void> {
    const { method, headers } = req;
    if (method !== "GET" && method !== "HEAD" && method !== "POST") {
      res.setHeader("allow", "GET, HEAD, POST");
      throw fail("METHOD_NOT_ALLOWED");
    }
    // The pages read their forms whole, and browsers always say how long those are.
    if (headers["transfer-encoding"] || Number(headers["content-length"] ?? 0) > MAX_BODY) throw fail("TOO_LARGE");
    if (!this.#listener) {
      res.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end(NOT_BUILT);
      return;
    }
    const { page, checkout } = this.#policies;
    res.setHeader("content-security-policy", CHECKOUT.test(req.url!) ? checkout : page);
    const language = languageOf(headers);
    const shared = method !== "POST" && (await this.#shared(req, res, language, dispatcher));
    // What is there for nobody may be there for somebody: a draft for its seller, what was retired for its buyers.
    const maySeeMore = shared && shared.status !== 200 && headers.cookie !== undefined;
    if (shared && !maySeeMore) return sendPage(req, res, shared, language);
    Object.assign(headers, this.#facts, { "x-lang": language });
    req.$dispatch = dispatcher({ req, res });
    finishPage(req, res, language);
    await this.#listener(req, res);
  }

  /** The page that everybody gets at this address; null where each has one of their own. */
  async #shared(
    { url }: IncomingMessage,
    res: ServerResponse,
    language: Language,
    dispatcher: Dispatcher,
  ): Promise<RenderedPage | null> {
    if (!isShared(url!)) return null;
    const id = res.getHeader("x-request-id")!;
    return this.#host.pageCache.get(`${language} ${url}`, (reads) =>
      this.#render(url!, language, id, dispatcher, reads),
    );
  }

  async #render(
    url: string,
    language: Language,
    requestId: number | string | string[],
    dispatcher: Dispatcher,
    reads: Reads,
  ): Promise<RenderedPage | null> {
    const exchange = anonymous(url, { ...this.#address, ...this.#facts, "x-lang": language });
    const { req, res } = exchange;
    // What goes wrong is logged under it.
    res.setHeader("x-request-id", requestId);
    const dispatch = dispatcher(exchange);
    req.$dispatch = (method, path, options) => {
      reads.note(path);
      return dispatch(method, path, options);
    };
    const html = await render(this.#listener!, req, res);
    // A way elsewhere is shown to each by itself, since what is kept has no Location.
    if (res.hasHeader("location")) return null;
    if (res.hasHeader("set-cookie")) {
      this.#host.logger.warn(`The page ${url} sets a cookie, and so is for nobody but its reader`);
      return null;
    }
    return renderedPage(res.statusCode, String(res.getHeader("content-type") ?? "text/html"), html);
  }
}
