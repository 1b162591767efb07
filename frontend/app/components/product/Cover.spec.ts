import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";
import Cover from "./Cover.vue";

const PHOTO = "/covers/i1/0123456789abcdef0123456789abcdef";
// happy-dom loads no pictures, and says that they are there; in a browser they are still on their way.
Object.defineProperty(HTMLImageElement.prototype, "complete", { get: () => false });

const shown = (cover: string | null) => mountSuspended(Cover, { props: { title: "Night Bus", cover } });

test("a picture comes in the width that the screen needs, and has its place before it is there", async () => {
  const image = (await shown(PHOTO)).get("img");
  expect(image.attributes()).toMatchObject({
    src: PHOTO,
    srcset: `${PHOTO}?w=320 320w, ${PHOTO}?w=640 640w, ${PHOTO}?w=1280 1280w`,
    alt: "Night Bus",
    width: "400",
    height: "300",
  });
  expect(image.attributes("sizes")).toContain("50vw");
});

test("drawn art is decoration of one size", async () => {
  const image = (await shown("/covers/i1.svg")).get("img");
  expect(image.attributes()).toMatchObject({ src: "/covers/i1.svg", alt: "" });
  expect(image.attributes()).not.toHaveProperty("srcset");
  expect(image.attributes()).not.toHaveProperty("sizes");
});

test("no shelf looks empty: what is lost or was never there has a pattern, until there is another cover", async () => {
  expect((await shown(null)).find(".woven").exists()).toBe(true);
  const cover = await shown(PHOTO);
  await cover.get("img").trigger("error");
  expect(cover.find(".woven").text()).toBe("NB");
  await cover.setProps({ cover: "/covers/i1.svg" });
  expect(cover.find("img").exists()).toBe(true);
});
