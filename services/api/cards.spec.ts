import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { fail } from "../../core/errors.ts";
import type { Cover } from "../items/cover.contract.ts";
import { drawCover } from "../items/cover.ts";
import { LETTERS } from "./card.letters.ts";
import { drawable, fit, set } from "./card.text.ts";
import { itemCardOf, shopCardOf } from "./card.ts";
import { getBytes } from "./covers.harness.ts";
import { gateway, item, type Gateway } from "./harness.ts";

let shop: Gateway;
let price = 1450;
let photo: Cover | null = null;
beforeAll(async () => {
  shop = await gateway({
    items: {
      get({ params: { id }, meta }) {
        if (id === "draft" && !meta.user) throw fail("NOT_FOUND");
        if (id === "none") throw fail("NOT_FOUND");
        return {
          ...item(id),
          cover: id === "photo" ? `/covers/photo/${photo!.hash}` : `/covers/${id}.svg`,
          price: { amount: price, currency: "eur" },
        };
      },
      cover: () => photo,
    },
  });
});

const get = (path: string, headers?: Record<string, string>) => getBytes(shop.port, path, headers);
const colourAt = async (png: Buffer, left: number, top: number) => {
  const one = await sharp(png).extract({ left, top, width: 1, height: 1 }).raw().toBuffer();
  return [...one.subarray(0, 3)];
};

describe("cards", () => {
  test("a published item has one, the same until something on it changes", async () => {
    const card = await get("/og/i1.png");
    expect(card.headers).toMatchObject({ "content-type": "image/png", "cache-control": "public, max-age=600" });
    expect(await sharp(card.bytes).metadata()).toMatchObject({ format: "png", width: 1200, height: 630 });
    expect(card.bytes.length).toBeLessThan(300_000);
    const etag = String(card.headers["etag"]);
    expect(await get("/og/i1.png", { "if-none-match": etag })).toMatchObject({ status: 304 });
    expect((await get("/og/i1.png")).bytes.equals(card.bytes)).toBe(true);
    price = 1500;
    const dearer = await get("/og/i1.png", { "if-none-match": etag });
    expect([dearer.status, dearer.bytes.equals(card.bytes)]).toEqual([200, false]);
  });

  test("a draft has none for anybody, and there is none of nothing", async () => {
    const owner = { cookie: shop.session({ id: "seller", name: "Ines", roles: ["seller"] }) };
    for (const path of ["/og/draft.png", "/og/none.png", "/og/none", "/og/"]) {
      expect((await get(path)).status).toBe(404);
      expect((await get(path, owner)).status).toBe(404);
    }
  });

  test("shows the uploaded cover where there is one", async () => {
    const green = sharp({ create: { width: 640, height: 480, channels: 3, background: "#10a040" } });
    const { blob } = await shop.files.put(Readable.from([await green.webp().toBuffer()]));
    photo = { hash: "h", sizes: [{ width: 640, height: 480, webp: blob, avif: blob }] };
    const { bytes } = await get("/og/photo.png");
    const [red, g, blue] = (await colourAt(bytes, 900, 300)) as [number, number, number];
    expect([red < 60, g > 130, blue < 100]).toEqual([true, true, true]);
    expect(await colourAt(bytes, 20, 20)).toEqual([251, 248, 240]);
  });

  test("the shop has one, and many who ask at once get the same", async () => {
    const cards = await Promise.all(Array.from({ length: 40 }, () => get("/og/shop.png")));
    const seen = new Set(cards.map(({ status, bytes }) => status + createHash("sha256").update(bytes).digest("hex")));
    expect([seen.size, cards[0]!.status]).toEqual([1, 200]);
  });
});

describe("their letters", () => {
  const card = (title: string, by = "by Ines") =>
    itemCardOf({ title, by, price: "€14.50", art: drawCover({ id: "x", title, kind: "edition" }) });

  test("are strokes: no text is left to a font that may not be there", () => {
    for (const title of ["Quiet typeface", "Ж typeface", "ß typeface", "typeface"]) {
      expect(drawCover({ id: "x", title, kind: "unlimited" })).toContain("<text");
      expect(card(title)).not.toMatch(/<text|font/);
    }
    expect(shopCardOf()).not.toMatch(/<text|font/);
  });

  test("cover Latin with its marks, digits, punctuation and the euro", () => {
    const all = "ABCXYZabcxyz0123456789.,:;!?'\"-–()/&+%@€£$ÄÖÜäöüßÉèêëçñåøæœŁłŠžőğı";
    expect(drawable(all).normalize("NFC")).toBe(all);
    const known = [...LETTERS.values()];
    expect(known.every(({ width, strokes }) => width >= 0 && /^M[-\d.\sMmLlHhVvCcAaZz]+$/.test(strokes))).toBe(true);
  });

  test("what they lack is left out, and what is alike stands in", () => {
    expect(drawable("a\u0000‘b’ №5 日本 \u{1f600} <svg> ")).toBe("a'b' No.5 svg");
    expect(drawable("حروف")).toBe("");
    expect(card("حروف", "")).toMatch(/^<svg .*<\/svg>$/);
  });

  test.each([
    "A",
    "Serra at First Light",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenband",
    "W".repeat(120),
    "word ".repeat(24),
    `${"x".repeat(60)} ${"y".repeat(59)}`,
  ])("%s stays in its box", (title) => {
    const sizes = [
      { size: 84, most: 2 },
      { size: 52, most: 5 },
    ];
    const { size, lines, height } = fit(drawable(title), 504, sizes);
    expect(Math.max(...lines.map(({ width }) => (width * size) / 100))).toBeLessThanOrEqual(504);
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(height).toBeLessThanOrEqual(302);
  });

  test("a mark stands over its own letter", () => {
    const [plain, marked] = [set(drawable("I")), set(drawable("ÏI"))];
    expect(marked.strokes).toHaveLength(3);
    expect(marked.width).toBeGreaterThan(2 * plain.width + 20);
    expect(marked.strokes[1]!.y).toBe(-70);
  });
});
