import { mountSuspended } from "@nuxt/test-utils/runtime";
import { flushPromises } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import Palette from "./Palette.vue";

const mounted = () => mountSuspended(Palette, { props: { open: true } });
const labels = (palette: Awaited<ReturnType<typeof mounted>>) =>
  palette.findAll("[role=option]").map((option) => option.get("span").text());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("offers pages by their names, items by the shop's search, and the search itself", async () => {
  const item = { id: "i1", title: "Sell-by dates", price: { amount: 450, currency: "eur" }, seller: { name: "Ines" } };
  vi.stubGlobal("fetch", async () => Response.json({ rows: [item] }));
  vi.useFakeTimers();
  const palette = await mounted();
  expect(labels(palette)).toContain("Wish list");
  await palette.get("input").setValue("se");
  await vi.advanceTimersByTimeAsync(500);
  await flushPromises();
  expect(labels(palette).slice(-2)).toEqual(["Sell-by dates", "Search the shop for “se”"]);
  expect(labels(palette)).not.toContain("Wish list");
});

test("the keyboard moves through it in a circle, and says where it is", async () => {
  const palette = await mounted();
  const input = palette.get("input");
  const chosen = () => palette.findAll("[role=option]").findIndex((one) => one.attributes("aria-selected") === "true");
  expect(chosen()).toBe(0);
  await input.trigger("keydown", { key: "ArrowDown" });
  expect([chosen(), input.attributes("aria-activedescendant")]).toEqual([1, "palette-1"]);
  await input.trigger("keydown", { key: "ArrowUp" });
  await input.trigger("keydown", { key: "ArrowUp" });
  expect(chosen()).toBe(labels(palette).length - 1);
});
