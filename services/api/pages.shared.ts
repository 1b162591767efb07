const ID = /^[\w-]{1,100}$/;
const NUMBER = /^[\d.,]{1,12}$/;

/** The pages that are the same for whoever reads the same language: what a browser knows of its owner it adds by itself. */
const SHARED = /^\/(search|p\/[\w-]{1,100}|s\/[\w-]{1,100}|legal\/[a-z-]{1,40})?$/;
/** What such a page may be asked for, and how much of it; with anything else it is rendered for that request alone. */
const QUERY = new Map([
  ["q", /^.{0,100}$/s],
  ["kind", /^[a-z]{1,20}$/],
  ["seller", ID],
  ["min", NUMBER],
  ["max", NUMBER],
  ["available", /^[a-z01]{1,5}$/],
  ["sort", /^-?[a-z]{1,20}$/],
  ["page", /^\d{1,4}$/],
]);

/** Is the page at this address one that all its readers may share? */
export function isShared(url: string): boolean {
  const [path, query] = split(url);
  if (!SHARED.test(path)) return false;
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (seen.has(name) || !QUERY.get(name)?.test(value)) return false;
    seen.add(name);
  }
  return true;
}

function split(url: string): [path: string, query: string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

/** What the shop was asked for while a page was rendered: when any of it changes, the page is out of date. */
export class Reads {
  readonly #items = new Set<string>();
  /** It asked for more than single items, so that a change of any may show. */
  all = false;

  note(path: string): void {
    const item = /^\/api\/items\/([\w-]+)$/.exec(split(path)[0])?.[1];
    if (item) this.#items.add(item);
    else this.all = true;
  }

  concern(items: readonly string[]): boolean {
    return this.all || items.some((item) => this.#items.has(item));
  }
}
