import type { Sharp, SharpOptions } from "sharp";
import { fail } from "../../core/errors.ts";
import { Turns } from "../../core/turns.ts";

type Library = typeof import("sharp").default;

/** Pictures that are worked on at a time: each takes a thread of the few that Node also reads and writes files with. */
const AT_ONCE = 1;
/** Pictures that may wait for that; at under a second each, the last one is done before its client gives up. */
const MAY_WAIT = 20;
/** One picture's work is stopped after this time, seconds. */
const WITHIN_SECONDS = 20;

/**
 * Formats that are read, by their first bytes: what a file is called and said to be counts for nothing. And the most
 * pixels each may unpack to: those of large cameras, where decoding them stays below some 200 MB.
 */
const FORMATS = {
  jpeg: { magic: /^\xff\xd8\xff/, pixels: 50_000_000 },
  png: { magic: /^\x89PNG\r\n[^]\n/, pixels: 25_000_000 },
  webp: { magic: /^RIFF[^]{4}WEBP/, pixels: 25_000_000 },
  gif: { magic: /^GIF8[79]a/, pixels: 12_000_000 },
  heif: { magic: /^[^]{4}ftypavi[fs]/, pixels: 12_000_000 },
} as const;
const MAX_PIXELS = Math.max(...Object.values(FORMATS).map(({ pixels }) => pixels));
const LOADERS = ["Jpeg", "Png", "Nsgif", "Webp", "Heif", "Svg"].map((name) => `VipsForeignLoad${name}`);

const turns = new Turns({ atOnce: AT_ONCE, mayWait: MAY_WAIT });
let loading: Promise<Library> | undefined;

/** Half a second and 20 MB: only whoever meets a picture pays for it. */
const load = (): Promise<Library> =>
  (loading ??= import("sharp").then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.concurrency(1);
    // Of the dozens of formats it knows, those that we read; SVG is for what we drew ourselves.
    sharp.block({ operation: ["VipsForeignLoad"] });
    sharp.unblock({ operation: LOADERS });
    return sharp;
  }));

/** Works on a picture when it is its turn, off the event loop. Throws TRY_AGAIN when too many wait. */
export const withSharp = <T>(
  work: (open: (bytes: Buffer, options?: SharpOptions) => Sharp) => Promise<T>,
): Promise<T> =>
  turns.run(async () => {
    const sharp = await load();
    return work((bytes, options) =>
      sharp(bytes, { limitInputPixels: MAX_PIXELS, ...options }).timeout({ seconds: WITHIN_SECONDS }),
    );
  });

/**
 * The picture that these bytes are, upright and in sRGB, none of its metadata kept, at most so large; of several
 * frames the first. Throws UNSUPPORTED_MEDIA_TYPE for what is no whole picture of a known format, TOO_LARGE
 * `{maxPixels}` for a small file that unpacks to a huge one.
 */
export async function decode(
  open: (bytes: Buffer, options?: SharpOptions) => Sharp,
  bytes: Buffer,
  { width, height }: { width: number; height: number },
) {
  const head = bytes.toString("latin1", 0, 16);
  const [format, known] = Object.entries(FORMATS).find(([, { magic }]) => magic.test(head)) ?? [];
  if (!known) throw unreadable();
  try {
    const found = await open(bytes, { limitInputPixels: false }).metadata();
    if (found.format !== format) throw unreadable();
    if (found.width * found.height > known.pixels) throw fail("TOO_LARGE", { maxPixels: known.pixels });
    return await open(bytes)
      .autoOrient()
      .resize({ width, height, fit: "inside", withoutEnlargement: true })
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw (error as { type?: string }).type ? error : unreadable();
  }
}

const unreadable = () =>
  fail("UNSUPPORTED_MEDIA_TYPE", undefined, "Send a whole picture: JPEG, PNG, WebP, AVIF or GIF");
