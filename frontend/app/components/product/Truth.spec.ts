import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import Truth from "./Truth.vue";

const soon = () => new Date(Date.now() + 133_500).toISOString();
const drawn = (available: number, held: number, sold: number, nextAt: string | null = null) =>
  mountSuspended(Truth, {
    props: { item: { stock: { total: available + held + sold, available, held, sold }, nextAt } },
  });

test("tells how many are held and when the first comes back, without counting for those who listen", async () => {
  const truth = await drawn(4, 3, 1, soon());
  expect(truth.find("[data-test=held]").text()).toMatch(/^3 are being held, the first comes back in 2:1\d$/);
  expect(truth.find("[role=status]").text()).toBe("4 left");
  expect(truth.text()).toContain("1 of 8 sold");
});

test("shows every part that there is, and none that there is not", async () => {
  const shares = (await drawn(1, 0, 99)).findAll("[aria-hidden] span").map((part) => part.attributes("style"));
  expect(shares).toEqual(["flex-grow: 0.99;", "flex-grow: 0.02;"]);
});

test("of a single copy no meter is drawn, and what never runs out has no counts at all", async () => {
  expect((await drawn(1, 0, 0)).find("[aria-hidden]").exists()).toBe(false);
  const unlimited = await mountSuspended(Truth, { props: { item: { stock: null, nextAt: null } } });
  expect(unlimited.text()).toBe("Always in stock");
});
