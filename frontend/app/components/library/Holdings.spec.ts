import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import type { LibraryRow } from "~/utils/types";
import Holdings from "./Holdings.vue";

const copy = {
  id: "c 1",
  status: "active",
  key: "KELP-1",
  files: [{ filename: "a wave.wav", size: 1_500_000, type: "audio/wav" }],
} as LibraryRow;
const draw = (more: Partial<LibraryRow> = {}) => mountSuspended(Holdings, { props: { copy: { ...copy, ...more } } });

test("a copy brings its key and its files", async () => {
  const drawn = await draw();
  expect(drawn.find("code").text()).toBe("KELP-1");
  expect(drawn.find("a").attributes("href")).toBe("/api/library/c 1/files/a%20wave.wav");
  expect(drawn.find("a").text()).toContain("1.5 MB");
});

test("one that was given back brings nothing, and says why", async () => {
  const drawn = await draw({ status: "revoked" });
  expect(drawn.find("code").exists()).toBe(false);
  expect(drawn.find("a").exists()).toBe(false);
  expect(drawn.text()).toContain("refunded");
});

test("one without key and files is said to be one's own all the same", async () => {
  expect((await draw({ key: null, files: [] })).text()).toContain("This copy is yours.");
});
