import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import Stock from "./Stock.vue";

const shown = async (available: number, held: number, nextAt: string | null = null) =>
  (await mountSuspended(Stock, { props: { item: { stock: { total: 5, available, held, sold: 0 }, nextAt } } })).text();

test("says what can be had, what may come back, and when nothing will", async () => {
  expect(await shown(3, 2)).toBe("3 left");
  expect(await shown(0, 2, new Date(Date.now() + 133_000).toISOString())).toMatch(/^2 held, back in 2:1\d$/);
  expect(await shown(0, 0)).toBe("Sold out");
});
