/** Where the gateway has every item's art; order lines and library rows name their item alone. */
export const coverAddress = (itemId: string) => `/covers/${encodeURIComponent(itemId)}.svg`;

/** A seller's own picture has its hash for a name; drawn art fits every size as it is. */
const PHOTO = /^\/covers\/[^/]+\/[0-9a-z]+$/;
/** Widths in which the gateway keeps a picture, px. */
const WIDTHS = [320, 640, 1280];

/** The widths in which a cover is to be had, for a browser to choose from; none of drawn art. */
export const srcsetOf = (cover: string): string | undefined =>
  PHOTO.test(cover) ? WIDTHS.map((width) => `${cover}?w=${width} ${width}w`).join(", ") : undefined;

/** FNV-1a: small, and the same everywhere, so that server and browser draw the same cover. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

const PATTERNS = 6;
/** Terracotta, amber, moss, sea, teal, sky, dusk, heather, rose: hues that stay clear when they are deep. */
const HUES = [30, 62, 145, 170, 195, 240, 275, 315, 355];

/** What the placeholder of an item without art looks like: one of a few woven patterns, a hue, a turn, and a monogram. */
export function coverOf(title: string): { pattern: number; style: string; letters: string } {
  const seed = hash(title);
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? ["?"];
  return {
    pattern: seed % PATTERNS,
    style: `--hue:${HUES[(seed >>> 5) % HUES.length]};--turn:${(seed >>> 12) % 180}deg`,
    letters: words
      .slice(0, 2)
      .map((word) => [...word][0]!.toUpperCase())
      .join(""),
  };
}
