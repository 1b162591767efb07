import { describe, expect, test } from "@jest/globals";
import { cardsOf, Cards, packCards, unpackCards } from "../frontend/app/utils/cards.ts";
import {
  catalogueQuery,
  effectiveSort,
  isNarrowed,
  nothingAsked,
  readCatalogueQuery,
  searchLink,
  wantedOf,
} from "../frontend/app/utils/catalogue.ts";
import { meterOf, truthWords } from "../frontend/app/utils/stock.ts";
import type { Item } from "../frontend/app/utils/types.ts";
import words from "../frontend/app/messages/en/catalogue.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const AT = "2026-11-23T12:02:13Z";

describe("a search's address", () => {
  test("reads what makes sense, and writes it back in one way", () => {
    const asked = { page: "2", sort: "price", max: "25", min: "4,99", available: "1", kind: "keys", q: " drums " };
    const read = readCatalogueQuery(asked);
    expect(read).toEqual({ q: "drums", kind: "keys", min: 499, max: 2500, available: true, sort: "price", page: 2 });
    expect(new URLSearchParams(catalogueQuery(read)).toString()).toBe(
      "q=drums&kind=keys&min=4.99&max=25&available=1&sort=price&page=2",
    );
  });

  test("nonsense counts as left out, also the empty fields of a form", () => {
    const asked = { page: "-1", sort: "x", kind: "", q: ["a"], min: "", max: "cheap", available: "yes" };
    expect(readCatalogueQuery(asked)).toEqual(nothingAsked);
    expect(catalogueQuery(nothingAsked)).toEqual({});
  });

  test("a search is sorted by match, the rest by age; that needs no saying", () => {
    expect(effectiveSort({ q: "a", sort: undefined })).toBe("relevance");
    expect(effectiveSort({ q: "", sort: undefined })).toBe("newest");
    expect(effectiveSort({ q: "", sort: "relevance" })).toBe("newest");
    expect(catalogueQuery({ ...nothingAsked, sort: "newest" })).toEqual({});
    expect(catalogueQuery({ ...nothingAsked, q: "a", sort: "newest" })).toEqual({ q: "a", sort: "newest" });
  });

  test("a change leads to the first page of what it leaves", () => {
    const now = readCatalogueQuery({ q: "a", page: "3", kind: "keys" });
    expect(searchLink(now, { kind: undefined }).query).toEqual({ q: "a" });
    expect(searchLink(now, { page: 4 }).query).toEqual({ q: "a", kind: "keys", page: "4" });
  });

  test("is narrowed by everything but order and page", () => {
    expect(isNarrowed(readCatalogueQuery({ sort: "price", page: "2" }))).toBe(false);
    for (const one of [{ q: "a" }, { kind: "keys" }, { min: "0" }, { max: "5" }, { available: "1" }])
      expect([one, isNarrowed(readCatalogueQuery(one))]).toEqual([one, true]);
  });

  test("asks the shop for no more than was asked", () => {
    const { pageSize, ...rest } = wantedOf(readCatalogueQuery({ min: "5" }));
    expect(pageSize).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(rest))).toEqual({ min: 500, sort: "newest", page: 1 });
  });
});

describe("the truth about stock", () => {
  test("says when the first hold comes back, as long as that is known", () => {
    expect(truthWords(0, AT, NOW, words.truth)).toBe("");
    expect(truthWords(1, AT, NOW, words.truth)).toBe("1 is being held; it may come back in 2:13");
    expect(truthWords(3, AT, NOW, words.truth)).toBe("3 are being held, the first comes back in 2:13");
    expect(truthWords(3, AT, NOW + 200_000, words.truth)).toBe("3 are being held, the first comes back any moment");
    expect(truthWords(3, null, NOW, words.truth)).toBe("3 are being held");
  });

  test("the meter leaves out what is none, and lets one of very many be seen", () => {
    expect(meterOf({ total: 1000, available: 999, held: 1, sold: 0 })).toEqual([
      { part: "held", share: 0.02 },
      { part: "free", share: 0.999 },
    ]);
    expect(meterOf({ total: 0, available: 0, held: 0, sold: 0 })).toEqual([]);
  });
});

test("cards come out of their parcel as they went in", () => {
  const item = {
    id: "i1",
    title: 'Kelp, "Iron" & <co>',
    price: { amount: 1250, currency: "eur" },
    kind: "edition",
    seller: { id: "u1", name: "In\u00eas" },
    cover: "/covers/i1.svg",
    stock: { total: 10, available: 3, held: 2, sold: 5 },
    nextAt: AT,
  } as Item;
  const cards = cardsOf([
    item,
    { ...item, id: "i2", cover: "/covers/i2/abc.webp", stock: null, nextAt: null },
    { ...item, id: "i3", cover: null },
  ]);
  const unpacked = unpackCards(packCards(cards));
  expect(unpacked).toBeInstanceOf(Cards);
  expect(unpacked).toEqual(cards);
});
