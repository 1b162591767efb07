import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Dispatch } from "./dispatch.ts";

/** A request on its way to the storefront, with the way back into the shop. */
export type PageRequest = IncomingMessage & { $dispatch?: Dispatch };
export type Listener = (req: PageRequest, res: ServerResponse) => unknown;

/** A request for a page by nobody: nothing in it tells of a person, so that nothing in the page can. */
export function anonymous(path: string, headers: Record<string, string>): { req: PageRequest; res: ServerResponse } {
  const req: PageRequest = Object.assign(new IncomingMessage(new Socket()), { method: "GET", url: path });
  req.headers = { accept: "text/html", ...headers };
  return { req, res: new ServerResponse(req) };
}

/** What the storefront answers, without a trip through HTTP; status and headers are in `res`. */
export function render(listener: Listener, req: PageRequest, res: ServerResponse): Promise<Buffer> {
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
      resolve(Buffer.concat(chunks));
      return res;
    };
    Promise.try(() => listener(req, res)).catch(reject);
  });
}
