import type { IncomingMessage, ServerResponse } from "node:http";
import type { Injected } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { addressOf } from "./address.ts";
import { refuseCrossSite } from "./crosssite.ts";
import type { Limits } from "./limits.ts";
import { securityHeaders } from "./security.ts";

interface Host extends Injected {
  limits: Limits;
  methodsOf(path: string): string[];
}

/** Resolves with true when the request is answered already. Throws NOT_FOUND, CROSS_SITE, RATE_LIMITED. */
export type Door = (req: IncomingMessage, res: ServerResponse) => Promise<boolean>;

/** What holds for every request, before anybody looks where it goes. */
export function door(host: Host): Door {
  const { config, limits, runtime } = host;
  const headers = securityHeaders(config);
  const { origin } = new URL(config.PUBLIC_URL);
  return async (req, res) => {
    const id = requestId(req, config.TRUST_PROXY) ?? runtime.id();
    // moleculer-web takes the id of its contexts from here.
    req.headers["x-request-id"] = id;
    delete req.headers["x-correlation-id"];
    res.setHeader("x-request-id", id);
    res.setHeaders(headers);
    req.url = originForm(req.url!);
    refuseCrossSite(req, origin);
    await limits.admit(req.url, addressOf(req, config.TRUST_PROXY));
    if (req.method !== "OPTIONS") return false;
    const allowed = host.methodsOf(req.url.split("?", 1)[0]!);
    res.writeHead(204, { allow: [...allowed, "OPTIONS"].join(", ") }).end();
    return true;
  };
}

/** Only a proxy of ours may name a request. */
function requestId({ headers }: IncomingMessage, hops: number): string | undefined {
  const given = headers["x-request-id"];
  return hops > 0 && typeof given === "string" && /^[\w-]{8,100}$/.test(given) ? given : undefined;
}

/** RFC 9112, 3.2.2: a request may name the whole address. */
function originForm(url: string): string {
  if (url.startsWith("/")) return url;
  const absolute = URL.parse(url);
  if (!absolute?.host) throw fail("NOT_FOUND");
  return absolute.pathname + absolute.search;
}
