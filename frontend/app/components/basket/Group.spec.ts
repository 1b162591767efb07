import { mockNuxtImport, mountSuspended, registerEndpoint } from "@nuxt/test-utils/runtime";
import { flushPromises } from "@vue/test-utils";
import { readBody, setResponseStatus, type H3Event } from "h3";
import { beforeEach, expect, test, vi } from "vitest";
import type { BasketLine } from "~/utils/basket";
import type { Item } from "~/utils/types";
import Group from "./Group.vue";

const { went } = vi.hoisted(() => ({ went: vi.fn() }));
mockNuxtImport("navigateTo", () => went);

const price = { amount: 1000, currency: "eur" as const };
const seller = { id: "u1", name: "Ines" };
const stock = { total: 9, available: 4, held: 0, sold: 5 };
const itemOf = (id: string) =>
  ({
    id,
    status: "published",
    title: id,
    kind: "edition",
    price,
    seller,
    perBuyer: null,
    stock: { ...stock },
    nextAt: null,
  }) as Item;
const lineOf = (itemId: string, quantity: number): BasketLine => ({
  itemId,
  quantity,
  title: itemId,
  kind: "edition",
  price,
  seller,
});

/** What the shop was sent, and how it answers. */
let asked: Record<string, unknown>[] = [];
let verdict: (event: H3Event) => unknown;
registerEndpoint("/api/auth/me", () => ({
  user: { id: "u9", name: "Bob", email: "bob@example.com", roles: [], createdAt: "" },
}));
registerEndpoint("/api/discounts/quote", {
  method: "POST",
  handler: () => ({ discount: { ...price, amount: 600 }, total: { ...price, amount: 2400 } }),
});
registerEndpoint("/api/orders", {
  method: "POST",
  handler: async (event) => {
    asked.push(await readBody(event));
    return verdict(event);
  },
});
const refuse = (type: string, data: object) => (event: H3Event) => {
  setResponseStatus(event, 409);
  return { type, message: type, data };
};

async function draw() {
  const known: Record<string, Item> = { fog: itemOf("fog"), rain: itemOf("rain") };
  const basket = useBasket();
  basket.lines.value = [lineOf("fog", 2), lineOf("rain", 1)];
  localStorage.setItem("holdfast.basket", JSON.stringify(basket.lines.value));
  const drawn = await mountSuspended(Group, {
    props: { group: { seller, lines: basket.lines.value }, known, look: async () => {} },
  });
  const press = async () => {
    await drawn.findAll("button").at(-1)!.trigger("click");
    await vi.waitFor(() => expect(asked).not.toHaveLength(0));
    await flushPromises();
  };
  return { drawn, basket, press };
}
beforeEach(() => {
  asked = [];
  went.mockClear();
});

test("one press orders every copy for the total that is shown, and leads to the checkout", async () => {
  verdict = () => ({
    id: "o1",
    status: "reserved",
    lines: [lineOf("fog", 2)],
    expiresAt: "2099-01-01T00:00:00Z",
    now: new Date().toISOString(),
  });
  const { drawn, basket, press } = await draw();
  expect(drawn.find("[data-test=total]").text()).toBe("€30.00");
  await press();
  const lines = [
    { itemId: "fog", quantity: 2 },
    { itemId: "rain", quantity: 1 },
  ];
  expect(asked).toEqual([{ lines, total: { amount: 3000, currency: "eur" } }]);
  await vi.waitFor(() => expect(went).toHaveBeenCalledWith("/checkout/o1"));
  expect(basket.lines.value).toEqual([]);
});

test("a code lowers the total at once, and is part of the order", async () => {
  verdict = refuse("CODE_USED_UP", {});
  const { drawn, press } = await draw();
  await drawn.find("form input").setValue("spring");
  await drawn.find("form").trigger("submit");
  await vi.waitFor(() => expect(drawn.find("[data-test=total]").text()).toBe("€24.00"));
  await press();
  expect(asked[0]).toMatchObject({ code: "SPRING", total: { amount: 2400 } });
  await vi.waitFor(() => expect(drawn.text()).toContain("This code has been used up."));
  expect(drawn.find("[data-test=total]").text()).toBe("€30.00");
});

test("a refusal names the line that failed, and keeps the basket", async () => {
  verdict = refuse("SOLD_OUT", { itemId: "rain", available: 0, held: 1, nextAt: null });
  const { drawn, basket, press } = await draw();
  await press();
  await vi.waitFor(() => expect(drawn.text()).toContain("rain: someone was faster. Nothing was charged."));
  const [, failed] = drawn.findAll("li");
  expect(failed!.find("[role=alert]").text()).toBe("All copies are held by others right now.");
  expect(drawn.findAll("button").at(-1)!.attributes("disabled")).toBeDefined();
  expect(basket.lines.value).toHaveLength(2);
});
