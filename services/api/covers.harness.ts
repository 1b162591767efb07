import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import sharp, { type Sharp } from "sharp";
import { fail } from "../../core/errors.ts";
import type { Cover } from "../items/cover.contract.ts";
import { coverOf } from "../items/item.ts";
import { ada, gateway, item } from "./harness.ts";

interface Picture {
  status: number;
  headers: Record<string, unknown>;
  bytes: Buffer;
}

/** A reply as bytes. */
export const getBytes = (port: number, path: string, headers: Record<string, string> = {}): Promise<Picture> =>
  new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, agent: false, headers }, async (res) => {
      resolve({ status: res.statusCode!, headers: res.headers, bytes: await buffer(res) });
    })
      .once("error", reject)
      .end();
  });

/** A gateway whose items keep one cover: that of Ada's item `mine`. */
export async function coverShop() {
  const kept = { cover: null as Cover | null };
  const shown = () => coverOf({ _id: "mine", cover: kept.cover });
  const shop = await gateway({
    items: {
      get: ({ params: { id } }) => ({ ...item(id), ...(id === "mine" && { cover: shown() }) }),
      mayChange({ params, meta }) {
        if (params.id !== "mine" || meta.user?.id !== "ada") throw fail("NOT_FOUND");
      },
      setCover({ params }) {
        kept.cover = params.cover;
        return { cover: shown() };
      },
      cover: ({ params: { id } }) => (id === "mine" ? kept.cover : null),
    },
  });
  return {
    ...shop,
    kept,
    put: (body: unknown, { id = "mine", ...headers }: Record<string, string> = {}) =>
      shop.ask("PUT", `/api/items/${id}/cover`, { body, headers: { cookie: shop.session(ada), ...headers } }),
    get: (path: string, headers?: Record<string, string>) => getBytes(shop.port, path, headers),
    /** How many files there are, those under way included. */
    files: () =>
      readdirSync(join(shop.dir, "files"), { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
        .length,
  };
}

/** Red above, blue below: which way up it is can be seen. */
export const flag = (width: number, height: number): Sharp =>
  sharp({ create: { width, height, channels: 3, background: "#d02020" } }).composite([
    {
      input: { create: { width, height: height / 2, channels: 3, background: "#2030d0" } },
      top: height / 2,
      left: 0,
    },
  ]);

/** A picture that takes some time. */
export const noise = (): Promise<Buffer> =>
  sharp({
    create: {
      width: 360,
      height: 270,
      channels: 3,
      background: "#888",
      noise: { type: "gaussian", mean: 128, sigma: 40 },
    },
  })
    .png()
    .toBuffer();
