import { mountSuspended } from "@nuxt/test-utils/runtime";
import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Item } from "~/utils/types";
import Waitlist from "./Waitlist.vue";

const item = { id: "i1", stock: { total: 1, available: 0, held: 1, sold: 0 }, nextAt: null } as Item;
let place: { position: number | null; orderId: string | null; length: number };
let user: object | null;
let asked: string[];

/** The shop's HTTP contract, as far as a waiting list needs it. */
async function answer(address: string, { method = "GET", body }: { method?: string; body?: string } = {}) {
  const path = address.split("?")[0]!;
  if (path === "/api/auth/me") return Response.json({ user });
  asked.push([method, path, body].filter(Boolean).join(" "));
  if (method === "PUT") place = { ...place, position: 2, length: 2 };
  if (method === "DELETE") place = { ...place, position: null, length: 1 };
  return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(place);
}
async function drawn() {
  await useSession().ready(true);
  const box = await mountSuspended(Waitlist, { props: { item } });
  await flushPromises();
  return box;
}
beforeEach(() => {
  [place, user, asked] = [{ position: null, orderId: null, length: 1 }, null, []];
  vi.stubGlobal("fetch", answer);
});
afterEach(() => vi.unstubAllGlobals());

test("one press joins whoever is signed in, and another leaves", async () => {
  user = { id: "u1", name: "Ada", email: "ada@example.com", roles: ["buyer"], createdAt: "2026-01-01T00:00:00Z" };
  const box = await drawn();
  expect(box.get("[data-test=place]").text()).toBe("1 person is waiting.");
  await box.get("form").trigger("submit");
  await flushPromises();
  expect(box.get("[data-test=place]").text()).toBe("You are number 2 in line.");
  await box.get("button").trigger("click");
  await flushPromises();
  expect(box.get("[data-test=place]").text()).toBe("1 person is waiting.");
  expect(asked.filter((line) => !line.startsWith("GET"))).toEqual([
    "PUT /api/items/i1/waitlist {}",
    "DELETE /api/items/i1/waitlist",
  ]);
});

test("a guest is asked for an e-mail first", async () => {
  const box = await drawn();
  await box.get("form").trigger("submit");
  await flushPromises();
  expect(asked.some((line) => line.startsWith("PUT"))).toBe(false);
  await box.get("input").setValue("guest@example.com");
  await box.get("form").trigger("submit");
  await flushPromises();
  expect(asked).toContain('PUT /api/items/i1/waitlist {"email":"guest@example.com"}');
});

test("a copy that is held for one leads to its checkout", async () => {
  place = { position: null, orderId: "o1", length: 0 };
  const box = await drawn();
  expect(box.get("a").attributes("href")).toBe("/checkout/o1");
  expect(box.find("form").exists()).toBe(false);
});
