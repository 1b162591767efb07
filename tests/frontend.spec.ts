import { describe, expect, test } from "@jest/globals";
import { coverOf } from "../frontend/app/utils/cover.ts";
import { failureWords } from "../frontend/app/utils/failure.ts";
import { acceptedFilename, keysIn, sizeWords } from "../frontend/app/utils/files.ts";
import { changes, formErrors, formOf, newItem } from "../frontend/app/utils/item-form.ts";
import { formatIn } from "../frontend/app/utils/format.ts";
import { liveAddress, union } from "../frontend/app/utils/live-stream.ts";
import { euroText, parseEuros } from "../frontend/app/utils/money.ts";
import { afterHold, mostPerOrder, stockWords } from "../frontend/app/utils/stock.ts";
import { requestOf } from "../frontend/app/utils/routes.ts";
import { clock, secondsUntil } from "../frontend/app/utils/time.ts";
import type { Item } from "../frontend/app/utils/types.ts";
import words from "../frontend/app/messages/en/site.ts";
import { FILENAME } from "../services/schemas.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const item: Item = {
  id: "i1",
  status: "published",
  title: "Kelp & Iron",
  description: "A **type**.",
  price: { amount: 1250, currency: "eur" },
  kind: "edition",
  seller: { id: "u1", name: "Ines" },
  cover: null,
  files: [],
  perBuyer: null,
  stock: { total: 10, available: 3, held: 2, sold: 5 },
  nextAt: "2026-11-23T12:02:13Z",
  createdAt: "2026-11-01T00:00:00Z",
  publishedAt: "2026-11-01T00:00:00Z",
};

describe("money", () => {
  test.each([
    ["12", 1200],
    ["12.5", 1250],
    ["12,50", 1250],
    ["€ 0.50", 50],
    ["999999.99", 99_999_999],
  ])("%s is %i cents", (typed, cents) => expect(parseEuros(typed)).toBe(cents));
  test.each(["", "x", "1.234", "-1", "1e3", "12.", "1.2.3", "12345678"])("%s is no amount", (typed) =>
    expect(parseEuros(typed)).toBeUndefined(),
  );
  test("and back", () => {
    expect(euroText(1250)).toBe("12.50");
  });
  test("in the reader's language", () => {
    expect(formatIn("en").money({ amount: 123_450, currency: "eur" })).toBe("€1,234.50");
    expect(formatIn("de").money({ amount: 123_450, currency: "eur" })).toBe("1.234,50\u00a0€");
    expect(formatIn("de").moment("2026-11-23T12:00:00Z")).toBe("23.11.2026, 12:00 UTC");
  });
});

describe("stock", () => {
  test("one line says it all", () => {
    const stock = { total: 5, available: 0, held: 2, sold: 3 };
    expect(stockWords(item, NOW, words.stock)).toEqual({ text: "3 left", tone: "good" });
    expect(stockWords({ stock, nextAt: item.nextAt }, NOW, words.stock)).toEqual({
      text: "2 held, back in 2:13",
      tone: "held",
    });
    expect(stockWords({ stock, nextAt: item.nextAt }, NOW + 200_000, words.stock).text).toBe("2 held, back any moment");
    expect(stockWords({ stock: { ...stock, held: 0 }, nextAt: null }, NOW, words.stock)).toEqual({
      text: "Sold out",
      tone: "gone",
    });
    expect(stockWords({ stock: null, nextAt: null }, NOW, words.stock).text).toBe("Always in stock");
  });

  test("an optimistic hold keeps the sum", () => {
    expect(afterHold(item.stock, 2)).toEqual({ total: 10, available: 1, held: 4, sold: 5 });
    expect(afterHold(item.stock, 9)).toEqual({ total: 10, available: 0, held: 5, sold: 5 });
    expect(afterHold(null, 1)).toBeNull();
  });

  test("an order asks for no more than there is", () => {
    expect(mostPerOrder(item)).toBe(3);
    expect(mostPerOrder({ ...item, perBuyer: 2 })).toBe(2);
    expect(mostPerOrder({ ...item, kind: "unique" })).toBe(1);
    expect(mostPerOrder({ ...item, stock: { total: 99, available: 99, held: 0, sold: 0 } })).toBe(20);
  });
});

test("clocks", () => {
  expect([clock(0), clock(-5), clock(9), clock(133), clock(3725)]).toEqual(["0:00", "0:00", "0:09", "2:13", "1:02:05"]);
  expect(secondsUntil("2026-11-23T12:00:10Z", NOW + 500)).toBe(10);
  expect(secondsUntil("2026-11-23T12:00:10Z", NOW + 60_000)).toBe(0);
});

describe("uploads", () => {
  test.each(["Été à la mer.wav", ".hidden", "a/b\\c.zip", "日本.pdf", "..", `${"x".repeat(300)}.tar.gz`, "", " lead"])(
    "%s becomes a name the shop takes",
    (name) => {
      const accepted = acceptedFilename(name);
      expect(accepted).toMatch(new RegExp(FILENAME));
      expect(accepted.length).toBeLessThanOrEqual(120);
    },
  );
  test("keeps what can be kept", () => {
    expect(acceptedFilename("Été à la mer.wav")).toBe("Ete a la mer.wav");
    expect(acceptedFilename(`${"x".repeat(300)}.zip`)).toMatch(/^x{116}\.zip$/);
  });
  test("sizes and keys", () => {
    expect([sizeWords(0), sizeWords(999), sizeWords(1536), sizeWords(48_300_000), sizeWords(2e9)]).toEqual([
      "0 bytes",
      "999 bytes",
      "1.5 KB",
      "48 MB",
      "2.0 GB",
    ]);
    expect(keysIn(" a \r\n\nb\na\n")).toEqual(["a", "b"]);
  });
});

describe("the form of an item", () => {
  test("says what is wrong", () => {
    expect(Object.keys(formErrors({ ...formOf(), price: "0.10", perBuyer: "0" })).sort()).toEqual([
      "perBuyer",
      "price",
      "stock",
      "title",
    ]);
    expect(formErrors(formOf(item))).toEqual({});
  });

  test("a change asks for nothing but the change", () => {
    expect(changes(formOf(item), item)).toEqual({});
    expect(changes({ ...formOf(item), price: "14", stock: "12" }, item)).toEqual({
      price: { amount: 1400, currency: "eur" },
      stock: 12,
    });
    expect(newItem({ ...formOf(), title: " T ", price: "1", kind: "keys" })).toEqual({
      title: "T",
      description: "",
      price: { amount: 100, currency: "eur" },
      kind: "keys",
      perBuyer: null,
    });
  });
});

test("one live stream carries what all pages want, within its bounds", () => {
  const items = Array.from({ length: 60 }, (_, n) => `i${n}`);
  const all = union([
    { items: ["b", "a"], orders: [], sales: false },
    { items: ["a"], orders: ["o"], sales: true },
  ]);
  expect(liveAddress(all)).toBe("/api/live?items=a%2Cb&orders=o&sales=1");
  expect(union([{ items, orders: [], sales: false }]).items).toHaveLength(50);
  expect(liveAddress({ items: [], orders: [], sales: false })).toBeUndefined();
});

test("covers are the same for the same title", () => {
  expect(coverOf("Kelp & Iron")).toEqual(coverOf("Kelp & Iron"));
  expect(coverOf("Kelp & Iron").letters).toBe("KI");
  expect(coverOf("…").letters).toBe("?");
});

test("failures are told in words", () => {
  expect(failureWords({ data: { status: 409, type: "EMAIL_TAKEN", message: "x" } }, words)).toBe(
    "This e-mail has an account already. Sign in instead.",
  );
  expect(
    failureWords(
      { data: { status: 422, type: "VALIDATION_ERROR", message: "x", data: [{ field: "email", rule: "format" }] } },
      words,
    ),
  ).toBe("Please check: email.");
  expect(failureWords(new Error("secret detail"), words)).not.toContain("secret");
});

test("an operation becomes a request: path and header take what is theirs", () => {
  expect(requestOf("items.update", { id: "a/b", title: "T", perBuyer: undefined })).toEqual({
    method: "PATCH",
    path: "/api/items/a%2Fb",
    query: {},
    headers: {},
    body: { title: "T" },
  });
  expect(requestOf("items.list", { page: 2, q: "kelp", kind: undefined })).toEqual({
    method: "GET",
    path: "/api/items",
    query: { page: "2", q: "kelp" },
    headers: {},
  });
  const order = { lines: [{ itemId: "i", quantity: 1 }], idempotencyKey: "k" };
  expect(requestOf("orders.create", order)).toMatchObject({
    headers: { "idempotency-key": "k" },
    body: { lines: order.lines },
  });
  expect(requestOf("orders.create", order).body).not.toHaveProperty("idempotencyKey");
});
