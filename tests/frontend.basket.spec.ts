import { describe, expect, test } from "@jest/globals";
import { groupsOf, readBasket, troubleOf, withItem, type BasketLine } from "../frontend/app/utils/basket.ts";
import { declineWords } from "../frontend/app/utils/decline.ts";
import type { Item } from "../frontend/app/utils/types.ts";
import words from "../frontend/app/messages/en/order.ts";

const ines = { id: "u1", name: "Ines" };
const jonas = { id: "u2", name: "Jonas" };
const item = (id: string, more: Partial<Item> = {}): Item => ({
  id,
  status: "published",
  title: `Item ${id}`,
  description: "",
  price: { amount: 1250, currency: "eur" },
  kind: "edition",
  seller: ines,
  cover: null,
  files: [],
  perBuyer: null,
  stock: { total: 50, available: 30, held: 2, sold: 18 },
  nextAt: null,
  createdAt: "2026-11-01T00:00:00Z",
  publishedAt: "2026-11-01T00:00:00Z",
  ...more,
});
const basket = (...items: Item[]): BasketLine[] => items.reduce<BasketLine[]>((all, one) => withItem(all, one, 1)!, []);

describe("a basket", () => {
  test("gathers copies of one item in one line, as many as an order may ask for", () => {
    const [line] = withItem(basket(item("a")), item("a"), 2)!;
    expect(line).toEqual({
      itemId: "a",
      quantity: 3,
      title: "Item a",
      kind: "edition",
      price: item("a").price,
      seller: ines,
    });
    expect(withItem(basket(item("a")), item("a"), 99)![0]!.quantity).toBe(20);
    expect(withItem([], item("a", { perBuyer: 2 }), 5)![0]!.quantity).toBe(2);
    expect(withItem(basket(item("a", { kind: "unlimited" })), item("a", { kind: "unlimited" }), 1)![0]!.quantity).toBe(
      1,
    );
  });

  test("takes ten items of a seller, an eleventh only of another", () => {
    const full = basket(...Array.from({ length: 10 }, (_, n) => item(`i${n}`)));
    expect(withItem(full, item("one more"), 1)).toBeUndefined();
    expect(withItem(full, item("i3"), 1)![3]!.quantity).toBe(2);
    expect(withItem(full, item("one more", { seller: jonas }), 1)).toHaveLength(11);
  });

  test("is an order for each seller, in the order in which they came", () => {
    const groups = groupsOf(basket(item("a"), item("b", { seller: jonas }), item("c")));
    expect(groups.map(({ seller, lines }) => [seller.name, lines.map(({ itemId }) => itemId)])).toEqual([
      ["Ines", ["a", "c"]],
      ["Jonas", ["b"]],
    ]);
  });

  test("is read back, without what nobody can make sense of", () => {
    const lines = basket(item("a"), item("b"));
    expect(readBasket(JSON.stringify(lines))).toEqual(lines);
    const strange = [null, 7, { itemId: "x" }, { ...lines[0], quantity: -1 }, { ...lines[0], quantity: 1.5 }];
    expect(readBasket(JSON.stringify([...strange, lines[1]]))).toEqual([lines[1]]);
    expect([null, "", "{", "{}", '"x"'].map(readBasket)).toEqual([[], [], [], [], []]);
  });
});

describe("what is in the way of an order", () => {
  const of = (quantity: number, now: Item | null, buyer?: string) =>
    troubleOf({ ...basket(item("a"))[0]!, quantity }, now, buyer);
  const stock = (available: number, held: number) => ({ stock: { total: 50, available, held, sold: 0 } });

  test.each<[string, number, Item | null, object | undefined]>([
    ["nothing", 3, item("a"), undefined],
    ["it never runs out", 1, item("a", { kind: "unlimited", stock: null }), undefined],
    ["it was retired", 1, item("a", { status: "retired" }), { why: "gone", n: 0 }],
    ["it is no longer there", 1, null, { why: "gone", n: 0 }],
    ["too few are free", 3, item("a", stock(2, 0)), { why: "few", n: 2 }],
    ["others hold all of them", 1, item("a", stock(0, 1)), { why: "allHeld", n: 0 }],
    ["all are sold", 1, item("a", stock(0, 0)), { why: "soldOut", n: 0 }],
    ["one buyer gets fewer", 3, item("a", { perBuyer: 2 }), { why: "limit", n: 2 }],
  ])("%s", (_, quantity, now, trouble) => expect(of(quantity, now)).toEqual(trouble));

  test("nobody buys from themselves", () => {
    expect(of(1, item("a"), "u1")).toEqual({ why: "own", n: 0 });
    expect(of(1, item("a"), "u2")).toBeUndefined();
  });
});

test("a card that is not taken has a reason in words, and a plain no where banks say nothing that we know", () => {
  expect(declineWords("expired_card", words.checkout)).toBe("Your card has expired.");
  for (const code of ["toString", "something_new", ""])
    expect(declineWords(code, words.checkout)).toBe("Your card was declined.");
});
