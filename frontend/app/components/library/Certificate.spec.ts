import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import type { LibraryRow } from "~/utils/types";
import Certificate from "./Certificate.vue";

const copy = { title: "Night Bus", serial: 17, seller: { id: "u1", name: "Ines" }, acquiredAt: "2026-11-23T12:00:00Z" };
const number = async (of: number | null) =>
  (await mountSuspended(Certificate, { props: { copy: copy as LibraryRow, of } })).find("[data-test=serial]").text();

test("says which of how many copies it is, as far as that makes sense", async () => {
  expect(await number(50)).toBe("17 of 50");
  expect(await number(16)).toBe("No. 17");
  expect(await number(null)).toBe("No. 17");
});
