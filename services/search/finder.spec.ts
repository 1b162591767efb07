import { describe, expect, test } from "@jest/globals";
import type { ItemDoc } from "../items/items.contract.ts";
import { Finder } from "./finder.ts";
import type { Wanted } from "./search.contract.ts";

/** A finder of items by title, published one after the other; more of an item where it is given. */
function finderOf(items: Record<string, Partial<ItemDoc>>): Finder {
  const finder = new Finder();
  for (const [n, [title, over]] of Object.entries(items).entries())
    finder.put(item(title, { publishedAt: n, ...over }));
  return finder;
}
const item = (title: string, over: Partial<ItemDoc> = {}) =>
  ({
    _id: title,
    v: 1,
    state: "published",
    title,
    description: "",
    price: 1000,
    kind: "edition",
    seller: { id: "s", name: "Sue" },
    publishedAt: 0,
    sales: 0,
    ...over,
  }) as ItemDoc;
const found = (finder: Finder, q: string, wanted: Wanted = {}) => finder.find({ q, ...wanted }).ids;

describe("words", () => {
  test("a title weighs more than the seller's name, and that more than a description", () => {
    const finder = finderOf({
      told: { description: "A lantern, and more about a lantern" },
      sold: { seller: { id: "l", name: "Lantern Press" } },
      Lantern: {},
    });
    expect(found(finder, "lantern")).toEqual(["Lantern", "sold", "told"]);
  });

  test("every word has to be found, anywhere; the beginning of one will do, case and accents do not matter", () => {
    const finder = finderOf({
      "Café Grotesk": { description: "A typeface" },
      "Grotesk Tools": {},
      "Die Größe": {},
      Öl: {},
    });
    expect(found(finder, "grotesk typeface")).toEqual(["Café Grotesk"]);
    expect(found(finder, "CAFE gro")).toEqual(["Café Grotesk"]);
    expect(found(finder, "café")).toEqual(["Café Grotesk"]);
    for (const spelling of ["größe", "GROSSE", "groesse", "Größe"])
      expect(found(finder, spelling)).toEqual(["Die Größe"]);
    for (const spelling of ["öl", "OL", "oel"]) expect(found(finder, spelling)).toEqual(["Öl"]);
    expect(found(finder, "grotesk missing")).toEqual([]);
    expect(found(finderOf({ हिन्दी: {} }), "हिन्दी")).toHaveLength(1);
  });

  test("short words are no beginnings in a description, and words that every text has do not count", () => {
    const finder = finderOf({ Poster: { description: "Printed in colour" }, "Printer of the Year": {} });
    expect(found(finder, "pri")).toEqual(["Printer of the Year"]);
    expect(found(finder, "print")).toEqual(["Printer of the Year", "Poster"]);
    expect(found(finder, "the poster")).toEqual(["Poster"]);
    for (const nothing of ["  ", "the", "!?"]) expect(found(finder, nothing)).toHaveLength(2);
  });

  test("typos are forgiven where nothing is spelled like that, more of them in a long word, none in a number", () => {
    const finder = finderOf({ "Grotesk Display": {}, Contest: {}, Context: {}, "Planet 2024": {} });
    expect(found(finder, "grotesc")).toEqual(["Grotesk Display"]);
    expect(found(finder, "gortesk dispaly")).toEqual(["Grotesk Display"]);
    expect(found(finder, "grrotesck")).toEqual(["Grotesk Display"]);
    expect(found(finder, "contest")).toEqual(["Contest"]);
    expect(found(finder, "planet 2025")).toEqual([]);
    expect(found(finder, "plabet 2024")).toEqual(["Planet 2024"]);
  });

  test("other spellings are suggested where little was found, as they are written", () => {
    const finder = finderOf({ "Über den Wolken": {}, "Wolken über Köln": {}, "Wolken malen": {}, Wolle: {} });
    expect(finder.find({ q: "wolkne qqqqqq" })).toMatchObject({ total: 0, suggestions: ["wolken"] });
    expect(finder.find({ q: "uberr wolken" })).toMatchObject({ total: 2, suggestions: ["über wolken"] });
    expect(finder.find({ q: "kölm" })).toMatchObject({ total: 1, suggestions: ["köln"] });
    expect(finder.find({ q: "wolken" })).toMatchObject({ total: 3, suggestions: [] });
    expect(finder.find({ q: "qqqqqqq" })).toMatchObject({ total: 0, suggestions: [] });
  });
});

describe("choices", () => {
  const shelf = () =>
    finderOf({
      a: { kind: "edition", price: 400 },
      b: { kind: "keys", price: 600, sales: 9 },
      c: { kind: "keys", price: 9000, seller: { id: "t", name: "Tom" } },
      d: { kind: "unlimited", price: 600, sales: 2 },
    });

  test("sorts and pages, the newest deciding between equals", () => {
    const finder = shelf();
    expect(finder.find({}).ids).toEqual(["d", "c", "b", "a"]);
    expect(finder.find({ sort: "price" }).ids).toEqual(["a", "d", "b", "c"]);
    expect(finder.find({ sort: "-price" }).ids).toEqual(["c", "d", "b", "a"]);
    expect(finder.find({ sort: "popular", page: 2, pageSize: 3 })).toMatchObject({ ids: ["a"], total: 4 });
    expect(finder.find({ page: 3 })).toMatchObject({ ids: [], total: 4 });
    expect(found(finder, "sue", { sort: "price" })).toEqual(["a", "d", "b"]);
  });

  test("a count ignores what was chosen in its own dimension, and heeds the others", () => {
    const finder = shelf();
    finder.setAvailable("b", false);
    const counts = (wanted: Wanted) => {
      const { facets, total } = finder.find(wanted);
      const prices = facets.price.filter(({ count }) => count).map(({ min, max, count }) => [min, max, count]);
      return { total, kinds: facets.kind.map(({ count }) => count), prices, available: facets.available };
    };
    expect(counts({})).toEqual({
      total: 4,
      kinds: [0, 1, 2, 1],
      prices: [
        [0, 499, 1],
        [500, 999, 2],
        [5000, 9999, 1],
      ],
      available: 3,
    });
    const cheapKeys = counts({ kind: "keys", max: 999 });
    expect(cheapKeys).toMatchObject({ total: 1, kinds: [0, 1, 1, 1], available: 0 });
    expect(cheapKeys.prices).toEqual([
      [500, 999, 1],
      [5000, 9999, 1],
    ]);
    expect(counts({ available: true })).toMatchObject({ total: 3, kinds: [0, 1, 1, 1], available: 3 });
    expect(counts({ available: false, seller: "s" })).toMatchObject({ total: 1, available: 2 });
    expect(counts({ min: 600, max: 600 })).toMatchObject({ total: 2, kinds: [0, 0, 1, 1] });
  });

  test("an older document changes nothing, what is retired is gone, and what comes back is found once", () => {
    const finder = shelf();
    finder.put(item("a", { v: 3, title: "Aurora" }));
    finder.put(item("a", { v: 2, title: "Basalt" }));
    expect([found(finder, "aurora"), found(finder, "basalt")]).toEqual([["a"], []]);
    finder.put(item("a", { v: 4, state: "retired", title: "Aurora" }));
    finder.put(item("a", { v: 3, title: "Aurora" }));
    expect(found(finder, "aurora")).toEqual([]);
    expect(finder.find({}).total).toBe(3);
    finder.put(item("a", { v: 5, title: "Aurora" }));
    expect(found(finder, "aurora")).toEqual(["a"]);
    finder.put(item("d", { kind: "unlimited", sales: 99 }));
    expect(finder.find({ sort: "popular" }).ids[0]).toBe("d");
  });
});
