import type { IncomingMessage, ServerResponse } from "node:http";
import ApiGateway from "moleculer-web";
import type { Context, ServiceSchema } from "moleculer";
import { defineMixin, type Mixin } from "../../core/contract.ts";

/** A request as moleculer-web hands it to the handler of an alias. */
export interface WebRequest extends IncomingMessage {
  $ctx: Context;
  $params: { params: Record<string, string> };
  originalUrl: string;
}

export type Handler = (req: WebRequest, res: ServerResponse) => Promise<void> | void;

interface Alias {
  method: string;
  fullPath: string;
  re: RegExp;
}

/** What the gateway uses of moleculer-web. */
export interface WebHandle {
  aliases: Alias[];
  addRoute(route: object): void;
  resolveAlias(url: string, method: string): { alias: Alias; params: Record<string, string> } | false;
}

const { methods } = ApiGateway as unknown as ServiceSchema & {
  methods: {
    httpHandler(req: IncomingMessage, res: ServerResponse): Promise<void>;
    resolveAlias(url: string, method: string): unknown;
  };
};

/** moleculer-web's own way through: match an alias, run its handler, answer errors. */
export const route = (service: object, req: IncomingMessage, res: ServerResponse): Promise<void> =>
  methods.httpHandler.call(service as never, req, res);

/**
 * moleculer-web as a router: the server, the bodies, the parameters and the errors are the gateway's own. Nothing is
 * public but the aliases it is given.
 */
export function Web(): Mixin<WebHandle> {
  return defineMixin<WebHandle & { regenerateAllAutoAliases(): void }>({
    mixins: [ApiGateway as unknown as ServiceSchema],
    settings: {
      server: false,
      // An empty list would publish every action of the cluster.
      routes: null,
      optimizeOrder: false,
      logRequest: null,
      logRequestParams: null,
      logResponse: null,
      logRouteRegistration: null,
      // The gateway waits for its requests by itself; a stream that Moleculer tracked would hold up every stop.
      rootCallOptions: { tracking: false },
    },
    actions: { listAliases: false, addRoute: false, removeRoute: false },
    methods: {
      /** HEAD goes where GET goes; Node leaves the body out. */
      resolveAlias(url: string, method: string) {
        return methods.resolveAlias.call(this as never, url, method === "HEAD" ? "GET" : method);
      },
      /** Queries are read by the routes that have one. */
      parseQueryString({ url }: { url: string }) {
        const [path] = url.split("?", 1);
        return { url: path, query: {} };
      },
    },
    created() {
      // There are no automatic aliases, and the timer that would look for them outlives a stop.
      this.regenerateAllAutoAliases = () => {};
    },
  });
}

/** The only route: aliases in the order given, parameters apart from each other, no bodies read. */
export const routeTable = (aliases: Record<string, Handler>, service: object): object => ({
  path: "/",
  mappingPolicy: "restrict",
  mergeParams: false,
  bodyParsers: false,
  pathToRegexpOptions: { sensitive: true, trailing: false },
  aliases: Object.fromEntries(
    Object.entries(aliases).map(([rest, handler]) => [
      rest,
      (req: WebRequest, res: ServerResponse, next: (error: unknown) => void) => {
        Promise.try(() => handler.call(service, req, res)).catch(next);
      },
    ]),
  ),
});
