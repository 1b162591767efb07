import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import type { Trouble } from "~/utils/basket";
import type { Item } from "~/utils/types";
import Line from "./Line.vue";

const price = { amount: 1250, currency: "eur" as const };
const seller = { id: "u1", name: "Ines" };
const line = { itemId: "a", quantity: 3, title: "Night Bus", kind: "edition" as const, price, seller };
const item = {
  id: "a",
  kind: "edition",
  perBuyer: null,
  stock: { total: 9, available: 4, held: 0, sold: 5 },
  nextAt: null,
};

const draw = (more: { item?: unknown; price?: typeof price; trouble?: Trouble } = {}) =>
  mountSuspended(Line, { props: { line, item: item as unknown as Item, price, trouble: undefined, ...more } as never });

test("says what it costs now, and what it did when it was put in", async () => {
  expect((await draw()).text()).toContain("€37.50");
  const dearer = (await draw({ price: { ...price, amount: 1500 } })).text();
  expect(dearer).toContain("€45.00");
  expect(dearer).toContain("It was €12.50 when you put it in.");
});

test("offers as many copies as are free, and tells of another choice", async () => {
  const drawn = await draw();
  expect(drawn.findAll("option")).toHaveLength(4);
  await drawn.find("select").setValue("2");
  expect(drawn.emitted("quantity")).toEqual([[2]]);
  await drawn.find("button").trigger("click");
  expect(drawn.emitted("remove")).toHaveLength(1);
});

test("says what is in the way, in place of its stock", async () => {
  const few = await draw({ trouble: { why: "few", n: 2 } });
  expect(few.find("[role=alert]").text()).toBe("Only 2 left.");
  expect(few.find("[data-test=stock]").exists()).toBe(false);
  const gone = await draw({ item: null, trouble: { why: "gone", n: 0 } });
  expect(gone.text()).toContain("No longer on sale.");
  expect(gone.text()).not.toContain("€");
});
