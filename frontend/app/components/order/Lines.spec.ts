import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import type { Order } from "~/utils/types";
import Lines from "./Lines.vue";

const sum = (amount: number) => ({ amount, currency: "eur" as const });
const line = {
  id: "1",
  itemId: "a",
  title: "Night Bus",
  kind: "edition",
  quantity: 2,
  unitPrice: sum(1000),
  serials: [],
};
const order = (more: Partial<Order>) =>
  ({
    lines: [line],
    total: sum(2000),
    discount: null,
    seller: { id: "u1", name: "Ines" },
    email: null,
    ...more,
  }) as Order;
const draw = (more: Partial<Order> = {}) => mountSuspended(Lines, { props: { order: order(more) } });

test("adds up to what is paid", async () => {
  const drawn = await draw();
  expect(drawn.find("[data-test=total]").text()).toBe("€20.00");
  expect(drawn.find("[data-test=discount]").exists()).toBe(false);
});

test("shows what a code took off", async () => {
  const drawn = await draw({ total: sum(1500), discount: { code: "SPRING", amount: sum(500) } });
  expect(drawn.text()).toContain("Code SPRING");
  expect(drawn.find("[data-test=discount]").text()).toBe("−€5.00");
  expect(drawn.text()).toMatch(/Subtotal\s*€20\.00/);
  expect(drawn.find("[data-test=total]").text()).toBe("€15.00");
});
