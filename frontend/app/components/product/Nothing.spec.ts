import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import { readCatalogueQuery } from "~/utils/catalogue";
import Nothing from "./Nothing.vue";

const ways = async (query: Record<string, string>, total = 0) => {
  const drawn = await mountSuspended(Nothing, { props: { query: readCatalogueQuery(query), total } });
  return drawn.findAll("a").map((link) => link.attributes("href"));
};

test("each way on drops one thing that was asked for, the nearest first", async () => {
  expect(await ways({ q: "drum kit", kind: "keys", max: "5", available: "1" })).toEqual([
    "/search?q=drum+kit&kind=keys&max=5",
    "/search?q=drum+kit&kind=keys&available=1",
    "/search?q=drum+kit&max=5&available=1",
    "/search?q=drum&kind=keys&max=5&available=1",
    "/search",
  ]);
});

test("past the last page the way leads back, and an empty shop wants a first item", async () => {
  expect(await ways({ page: "9" }, 12)).toEqual(["/search"]);
  expect(await ways({})).toEqual(["/sell/new"]);
});
