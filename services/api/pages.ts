import { existsSync } from "node:fs";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { pathToFileURL } from "node:url";
import type { Config } from "../../core/config.ts";
import { fail } from "../../core/errors.ts";
import { MAX_BODY } from "./body.ts";
import type { Dispatch } from "./dispatch.ts";
import { inlineScriptsOf, pagePolicies, type PagePolicies } from "./security.ts";

type Page = IncomingMessage & { $dispatch?: Dispatch };
type Listener = (req: Page, res: ServerResponse) => unknown;

const NOT_BUILT = `The storefront is not built. Build it once, then start again:

    npm run build --workspace frontend

The shop itself is up; GET /api/openapi.json describes what it can do.
`;
/** A page that is drawn in the browser alone: it has the inline scripts of all pages, and asks the shop for nothing. */
const SAMPLE = "/sell";
/** Pages on which a card is typed. */
const CHECKOUT = /^\/checkout(\/|\?|$)/;

/** The storefront, mounted where no other route is. */
export class Pages {
  readonly #listener: Listener | null;
  readonly #policies: PagePolicies;

  constructor(listener: Listener | null, policies: PagePolicies) {
    this.#listener = listener;
    this.#policies = policies;
  }

  /** `entry` is the server of a built Nuxt (preset node-listener); without one there is a page that says how to build it. */
  static async load(entry: string, config: Config): Promise<Pages> {
    if (!existsSync(entry)) return new Pages(null, pagePolicies([], config));
    const built = (await import(pathToFileURL(entry).href)) as { listener?: Listener; handler?: Listener };
    const listener = (built.listener ?? built.handler)!;
    return new Pages(listener, pagePolicies(inlineScriptsOf(await render(listener, SAMPLE)), config));
  }

  /** `dispatch` is how a page that is being rendered asks the shop. Throws METHOD_NOT_ALLOWED and TOO_LARGE. */
  async serve(req: Page, res: ServerResponse, dispatch: Dispatch): Promise<void> {
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
    req.$dispatch = dispatch;
    await this.#listener(req, res);
  }
}

/** What the storefront answers, without a trip through HTTP. */
function render(listener: Listener, path: string): Promise<string> {
  const req: Page = Object.assign(new IncomingMessage(new Socket()), { method: "GET", url: path });
  req.headers = { host: "localhost", accept: "text/html" };
  req.$dispatch = () => Promise.reject(fail("TRY_AGAIN"));
  const res = new ServerResponse(req);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const take = (chunk: unknown) => {
      if (typeof chunk === "string" || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
    };
    res.write = (chunk: unknown) => {
      take(chunk);
      return true;
    };
    res.end = (chunk?: unknown) => {
      take(chunk);
      resolve(Buffer.concat(chunks).toString());
      return res;
    };
    Promise.try(() => listener(req, res)).catch(reject);
  });
}
