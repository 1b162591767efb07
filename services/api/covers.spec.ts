import { beforeAll, describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { coverShop, flag } from "./covers.harness.ts";

let shop: Awaited<ReturnType<typeof coverShop>>;
beforeAll(async () => {
  shop = await coverShop();
});
const put: typeof shop.put = (...given) => shop.put(...given);
const get: typeof shop.get = (...given) => shop.get(...given);
const sizeOf = async (bytes: Buffer) => {
  const { format, width, height } = await sharp(bytes).metadata();
  return [format, width, height];
};

describe("an uploaded cover", () => {
  test("comes in three widths and two formats, for ever the same", async () => {
    const sent = await put(await flag(2000, 1500).jpeg().toBuffer());
    expect(sent).toMatchObject({
      status: 200,
      json: { cover: expect.stringMatching(/^\/covers\/mine\/[0-9a-f]{32}$/) },
    });
    const path = sent.json.cover;
    for (const width of [320, 640, 1280]) {
      expect(await sizeOf((await get(`${path}?w=${width}`)).bytes)).toEqual(["webp", width, width * 0.75]);
      const avif = await get(`${path}?w=${width}`, { accept: "image/avif,image/webp,*/*;q=0.8" });
      expect(await sizeOf(avif.bytes)).toEqual(["heif", width, width * 0.75]);
      expect(avif.headers["content-type"]).toBe("image/avif");
    }
    const plain = await get(path);
    expect(await sizeOf(plain.bytes)).toEqual(["webp", 640, 480]);
    expect(plain.headers).toMatchObject({
      "content-type": "image/webp",
      "cache-control": "public, max-age=31536000, immutable",
      "content-disposition": "inline",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      "x-content-type-options": "nosniff",
      vary: "Accept",
    });
    expect(await get(path, { "if-none-match": String(plain.headers["etag"]) })).toMatchObject({ status: 304 });
    expect((await get(path, { accept: "image/avif;q=0" })).headers["content-type"]).toBe("image/webp");
    expect((await get(`${path}?w=641`)).status).toBe(422);
  });

  test("the same picture has the same address, another one another", async () => {
    const [one, same, other] = [
      await put(await flag(900, 600).png().toBuffer()),
      await put(await flag(900, 600).png().toBuffer()),
      await put(await flag(600, 900).png().toBuffer()),
    ];
    expect(same.json).toEqual(one.json);
    expect(other.json).not.toEqual(one.json);
  });

  test.each(["jpeg", "png", "webp", "avif", "gif"] as const)(
    "%s is read, and a small one stays small",
    async (format) => {
      const sent = await put(await flag(500, 400)[format]().toBuffer(), { "content-type": "text/html" });
      expect(sent.status).toBe(200);
      expect(shop.kept.cover!.sizes.map(({ width, height }) => [width, height])).toEqual([
        [320, 256],
        [500, 400],
      ]);
      expect(await sizeOf((await get(`${sent.json.cover}?w=1280`)).bytes)).toEqual(["webp", 500, 400]);
    },
  );

  test("of an animation the first frame", async () => {
    const frames = await Promise.all(
      ["#ff0000", "#00ff00"].map((background) =>
        sharp({ create: { width: 64, height: 64, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { json } = await put(gif);
    const { bytes } = await get(json.cover);
    expect(await sharp(bytes).metadata()).not.toHaveProperty("pages", 2);
    const { dominant } = await sharp(bytes).stats();
    expect(dominant.r).toBeGreaterThan(200);
  });

  test("is upright, and its metadata is gone", async () => {
    const exif = { IFD0: { Copyright: "Somebody", ImageDescription: "49.7N 9.9E" } };
    const lying = await flag(800, 400).withExif(exif).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(lying.toString("latin1")).toContain("49.7N");
    const { json } = await put(lying);
    for (const accept of ["image/webp", "image/avif"]) {
      const { bytes } = await get(json.cover, { accept });
      expect(await sizeOf(bytes)).toEqual([accept === "image/avif" ? "heif" : "webp", 400, 800]);
      const { exif, icc, xmp, orientation = 1 } = await sharp(bytes).metadata();
      expect({ exif, icc, xmp, orientation }).toEqual({
        exif: undefined,
        icc: undefined,
        xmp: undefined,
        orientation: 1,
      });
      expect(bytes.toString("latin1")).not.toMatch(/Somebody|49\.7N/);
    }
  });

  test("transparency, greys and sixteen bits are pictures like any other", async () => {
    const clear = sharp({ create: { width: 90, height: 90, channels: 4, background: "#10203080" } });
    expect((await put(await clear.png().toBuffer())).status).toBe(200);
    const { json } = await put(await flag(400, 300).greyscale().toColourspace("b-w").png().toBuffer());
    expect(await sizeOf((await get(json.cover)).bytes)).toEqual(["webp", 400, 300]);
    expect((await put(await flag(400, 300).toColourspace("rgb16").png().toBuffer())).status).toBe(200);
    expect((await put(await flag(400, 300).toColourspace("cmyk").jpeg().toBuffer())).status).toBe(200);
  });

  test("a tower is made narrower instead of endless", async () => {
    await put(await flag(1500, 12_000).png().toBuffer());
    expect(shop.kept.cover!.sizes.at(-1)).toMatchObject({ width: 320, height: 2560 });
  });

  test("the address of the drawn one leads to it, as does one from before; without it there is the drawn one", async () => {
    const { json } = await put(await flag(640, 480).png().toBuffer());
    expect(await get("/covers/mine.svg")).toMatchObject({ status: 302, headers: { location: json.cover } });
    const before = await get(`/covers/mine/${"0".repeat(32)}?w=320`);
    expect(before).toMatchObject({
      status: 302,
      headers: { location: "/covers/mine.svg", "cache-control": "no-cache" },
    });
    shop.kept.cover = null;
    expect(await get(json.cover)).toMatchObject({ status: 302, headers: { location: "/covers/mine.svg" } });
    expect((await get("/covers/mine.svg")).bytes.toString()).toMatch(/^<svg /);
  });
});
