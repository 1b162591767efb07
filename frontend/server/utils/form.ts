import { getRouterParam, readRawBody, sendRedirect, setResponseHeader, type H3Event } from "h3";
import { askFor } from "../../app/utils/ask";
import { failureOf } from "../../app/utils/failure";
import { requestOf, type Shop } from "../../app/utils/routes";

/** The fields of a form as they were typed, "" where one is missing. */
export type Fields = (name: string) => string;

interface Visit {
  event: H3Event;
  field: Fields;
  /** A part of the address. */
  param(name: string): string;
  /** The shop, asked as the visitor. */
  shop: Shop;
}

/** Carries a form out and says where to go next. */
type Deed = (visit: Visit) => Promise<string>;
/** Where to go when the shop says no; the page there finds the reason in its query and has the words for it. */
type Back = (visit: Visit, error: unknown) => string;

const FORM = "application/x-www-form-urlencoded";

/** `path` with one thing more in its query. */
export function withQuery(path: string, name: string, value: string): string {
  const [bare, query] = path.split("?", 2) as [string, string | undefined];
  const all = new URLSearchParams(query);
  all.set(name, value);
  return `${bare}?${all}`;
}

/**
 * What a page's form does where no script runs. It always ends in a redirect, so that to reload or to go back sends
 * nothing twice. The gateway has refused forms of other sites already.
 */
export function formHandler(deed: Deed, back: Back) {
  return defineEventHandler(async (event) => {
    const isForm = event.node.req.headers["content-type"]?.startsWith(FORM);
    const given = new URLSearchParams(isForm ? await readRawBody(event) : "");
    const field: Fields = (name) => given.get(name) ?? "";
    const ask = askFor(event.node);
    const shop = ((operation, params) => ask(requestOf(operation, params))) as Shop;
    const param = (name: string) => getRouterParam(event, name, { decode: true }) ?? "";
    const visit: Visit = { event, field, param, shop };
    // What is answered here is for one person, once.
    setResponseHeader(event, "cache-control", "no-store");
    try {
      return await sendRedirect(event, await deed(visit), 303);
    } catch (error) {
      return sendRedirect(event, withQuery(back(visit, error), "problem", failureOf(error).type), 303);
    }
  });
}
