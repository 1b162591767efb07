import { beforeEach, describe, expect, test } from "@jest/globals";
import { systemRuntime } from "../../core/runtime.ts";
import { FRESH_FOR, PageCache, RENDER_EVERY } from "./pages.cache.ts";
import { renderedPage, type RenderedPage } from "./pages.reply.ts";
import { isShared, type Reads } from "./pages.shared.ts";

/** A clock that goes when a test says so. */
class Clock {
  now = 1_000_000;
  #due: { at: number; run: () => void }[] = [];
  readonly runtime = {
    ...systemRuntime(),
    now: () => this.now,
    sleep: (ms: number) => new Promise<void>((resolve) => void this.#after(ms, resolve)),
    after: (ms: number, run: () => void) => this.#after(ms, run),
  };

  #after(ms: number, run: () => void) {
    const timer = { at: this.now + ms, run };
    this.#due.push(timer);
    return { cancel: () => void (this.#due = this.#due.filter((other) => other !== timer)) };
  }

  async pass(ms: number): Promise<void> {
    this.now += ms;
    const due = this.#due.filter(({ at }) => at <= this.now);
    this.#due = this.#due.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
    await settled();
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

let clock: Clock;
let cache: PageCache;
let renders: number;
/** What is true just now, and ends up in a page that is rendered now. */
let truth: string;
beforeEach(() => {
  clock = new Clock();
  cache = new PageCache(clock.runtime);
  renders = 0;
  truth = "old";
});

const page = (html: string, status = 200) => renderedPage(status, "text/html", Buffer.from(html));
/** Renders what is true at the moment, having read this path. */
const reading = (path: string | null) => async (reads: Reads) => {
  renders++;
  if (path) reads.note(path);
  return page(truth);
};
const item = reading("/api/items/a");
const list = reading("/api/search?q=x");
const textOf = async (asked: Promise<RenderedPage | null>) => (await asked)?.html.toString();
const ask = (name: string, render: typeof item) => textOf(cache.get(name, render));

describe("a page", () => {
  test("is rendered once, until an item that it read has changed", async () => {
    for (let n = 0; n < 5; n++) expect(await ask("/p/a", item)).toBe("old");
    truth = "new";
    cache.changed(["b", "c"]);
    expect(await ask("/p/a", item)).toBe("old");
    expect(renders).toBe(1);
    await clock.pass(RENDER_EVERY);
    cache.changed(["b", "a"]);
    expect(await ask("/p/a", item)).toBe("new");
    expect(renders).toBe(2);
  });

  test("that lists things is out of date with any item, and once more when other services have heard of it", async () => {
    await ask("/", list);
    await clock.pass(RENDER_EVERY);
    cache.changed(["anything"]);
    // The index that it is made from is still the old one.
    expect(await ask("/", list)).toBe("old");
    truth = "new";
    expect(await ask("/", list)).toBe("old");
    await clock.pass(200);
    const next = ask("/", list);
    await clock.pass(RENDER_EVERY - 200);
    expect(await next).toBe("new");
  });

  test("that read nothing stays, but no longer than any page does", async () => {
    const legal = reading(null);
    await ask("/legal/terms", legal);
    cache.changed(["a"]);
    await clock.pass(FRESH_FOR - 1);
    await ask("/legal/terms", legal);
    expect(renders).toBe(1);
    await clock.pass(1);
    await ask("/legal/terms", legal);
    expect(renders).toBe(2);
  });

  test("in a rush is rendered once in its time, and nobody who asks after a change gets what was before", async () => {
    await ask("/p/a", item);
    for (let change = 1; change <= 20; change++) {
      truth = `change ${change}`;
      cache.changed(["a"]);
      const asked = Promise.all(Array.from({ length: 10 }, () => ask("/p/a", item)));
      await clock.pass(25);
      void asked.then((texts) => {
        for (const text of texts) expect(Number(text!.split(" ")[1])).toBeGreaterThanOrEqual(change);
      });
    }
    await clock.pass(RENDER_EVERY);
    expect(await ask("/p/a", item)).toBe("change 20");
    expect(renders).toBe(1 + (20 * 25) / RENDER_EVERY);
  });

  test("that went out of date while it was rendered is for those alone who had asked before", async () => {
    let finish = () => {};
    const slow = async (reads: Reads) => {
      const made = item(reads);
      await new Promise<void>((resolve) => (finish = resolve));
      return made;
    };
    const before = ask("/p/a", slow);
    await settled();
    const beside = ask("/p/a", slow);
    truth = "new";
    cache.changed(["a"]);
    const after = ask("/p/a", item);
    finish();
    expect([await before, await beside]).toEqual(["old", "old"]);
    await clock.pass(RENDER_EVERY);
    expect(await after).toBe("new");
    expect(await ask("/p/a", item)).toBe("new");
    expect(renders).toBe(2);
  });

  test("that is none is kept for nobody: an error, one for its reader alone, a failure", async () => {
    const answers = [async () => page("gone", 404), async () => null, () => Promise.reject(new Error("broken"))];
    for (const answer of answers) {
      const first = await cache.get("/p/x", answer).catch((error: Error) => error.message);
      const status = first && typeof first === "object" ? first.status : first;
      expect([404, null, "broken"]).toContain(status);
      await clock.pass(RENDER_EVERY);
    }
    expect(await ask("/p/x", item)).toBe("old");
  });
});

describe("memory", () => {
  const filled = (name: string, bytes: number) =>
    cache.get(name, async () => {
      renders++;
      return { ...page(""), bytes };
    });

  test("holds so many addresses, and lets those go that nobody has asked for the longest", async () => {
    for (let n = 0; n < 1000; n++) await filled(`/p/${n}`, 1);
    await filled("/p/0", 1);
    await filled("/p/1000", 1);
    expect(renders).toBe(1001);
    await filled("/p/0", 1);
    expect(renders).toBe(1001);
    await filled("/p/1", 1);
    expect(renders).toBe(1002);
  });

  test("holds so many bytes", async () => {
    const tenth = 3_400_000;
    for (let n = 0; n < 10; n++) await filled(`/p/${n}`, tenth);
    await filled("/p/9", tenth);
    expect(renders).toBe(10);
    await filled("/p/0", tenth);
    expect(renders).toBe(11);
  });
});

describe("an address", () => {
  test.each([
    "/",
    "/?page=2",
    "/search",
    "/search?q=night%20bus&kind=keys&min=1&max=12.50&available=true&sort=-price&page=2&seller=abc",
    "/p/abcdefghij",
    "/s/a-b_c",
    "/legal/terms",
  ])("%s is the same for everybody", (url) => expect(isShared(url)).toBe(true));

  test.each([
    "/library",
    "/checkout/o1",
    "/orders/o1",
    "/p/",
    "/p/a/b",
    "/p/a/",
    "/p/%61",
    "//p/a",
    "/p/..",
    "/legal/Terms",
    "/?utm_source=x",
    "/?page=2&page=3",
    "/?page=99999",
    "/?kind=KEYS",
    `/search?q=${"x".repeat(101)}`,
    `/p/${"x".repeat(101)}`,
    "/?token=secret",
  ])("%s is for its reader alone", (url) => expect(isShared(url)).toBe(false));
});
