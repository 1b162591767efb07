import { drawable, drawn, drawnBlock, fit, set } from "./card.text.ts";

const CARD = { width: 1200, height: 630 } as const;

/** What a card says of an item. */
interface CardOf {
  title: string;
  /** As the shop writes it. */
  price: string;
  /** A line over the title. */
  by: string;
  /** The art as SVG, which fills the box it is put in. */
  art: string;
}

const PAPER = "#fbf8f0";
const INK = "#10312e";
const DIM = "#5d716c";
const BRAND = "#0f5e58";
const AMBER = "#f0b95c";
const MINT = "#eafaf3";

/** The strokes of a letter that is a picture. */
const HEAVY = 17;
/** The air around everything, and where the art begins; px. */
const EDGE = 68;
const ART = 640;
/** The place of the art, px. */
export const CARD_ART = { width: CARD.width - ART, height: CARD.height } as const;
/** The height at which the middle of the title is, px. */
const TITLE_MIDDLE = 302;
const TITLE_SIZES = [
  { size: 84, most: 2 },
  { size: 72, most: 3 },
  { size: 62, most: 4 },
  { size: 52, most: 5 },
];

/** The picture of an item: what it is, what it costs and whose it is; its art fills the other half. */
export function itemCardOf({ title, price, by, art }: CardOf): string {
  const width = ART - 2 * EDGE - 10;
  const words = fit(drawable(title), width, TITLE_SIZES);
  const label = set(drawable(price));
  const tag = { size: 42, width: label.width * 0.42 + 66, height: 74 };
  const bottom = CARD.height - EDGE;
  const seller = fit(drawable(by), width - tag.width - 24, [{ size: 28, most: 1 }]);
  return card(
    `<rect width="${CARD.width}" height="${CARD.height}" fill="${PAPER}"/>` +
      `<svg x="${ART}" width="${CARD_ART.width}" height="${CARD_ART.height}">${lettered(art)}</svg>` +
      signature(EDGE, EDGE - 8, 50, INK) +
      drawnBlock(words, EDGE, TITLE_MIDDLE - words.height / 2, INK, 11.5) +
      `<rect x="${EDGE}" y="${bottom - tag.height}" width="${tag.width.toFixed(1)}" height="${tag.height}" rx="${tag.height / 2}" fill="${BRAND}"/>` +
      drawn(label, EDGE + 31, bottom - 22, tag.size, MINT, 11) +
      drawnBlock(seller, EDGE + tag.width + 24, bottom - tag.height / 2 - seller.height / 2, DIM, 10),
  );
}

/** A drawn cover may show one letter of the title; with no fonts to count on, ours stands in, as does its `&` for what we lack. */
const lettered = (art: string): string =>
  art.replace(/<text ([^>]*)>(.*?)<\/text>/g, (_, attributes: string, char: string) => {
    const [x, y, size, fill, stroke, shift] = ["x", "y", "font-size", "fill", "stroke", "transform"].map(
      (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1],
    );
    const letter = set(drawable(char) || "&");
    const ink = fill === "none" ? stroke! : fill!;
    const left = Number(x) - ((letter.width + HEAVY) * Number(size)) / 200;
    return `<g transform="${shift ?? ""}">${drawn(letter, left, Number(y), Number(size), ink, HEAVY)}</g>`;
  });

/** The picture of the shop itself: its mark, its name, and what it promises. */
export function shopCardOf(): string {
  const [name, ...promise] = ["Holdfast", "Digital goods. One copy", "is never sold twice."].map(set);
  return card(
    `<rect width="${CARD.width}" height="${CARD.height}" fill="#0c4642"/>` +
      weave() +
      mark(92, 176, 226) +
      drawn(name!, 384, 320, 148, MINT, 12) +
      promise.map((line, i) => drawn(line, 388, 402 + i * 58, 42, AMBER, 9.5)).join(""),
  );
}

const card = (body: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${CARD.width}" height="${CARD.height}" viewBox="0 0 ${CARD.width} ${CARD.height}">${body}</svg>`;

/** Two posts and the ring between them: something is held. */
const mark = (x: number, y: number, size: number) =>
  `<svg x="${x}" y="${y}" width="${size}" height="${size}" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${BRAND}"/><path d="M9.5 7v18M22.5 7v18" stroke="${MINT}" stroke-width="3.5" stroke-linecap="round"/><circle cx="16" cy="16" r="4.25" fill="none" stroke="${AMBER}" stroke-width="3"/></svg>`;

const signature = (x: number, y: number, size: number, ink: string) =>
  mark(x, y, size) + drawn(set("Holdfast"), x + size + 18, y + size * 0.73, 33, ink, 11);

/** Rings across the ground, as the shop's woven covers have them. */
const weave = () =>
  `<g fill="none" stroke="#0f5450" stroke-width="26">${Array.from({ length: 9 }, (_, i) => `<circle cx="1090" cy="700" r="${110 + i * 84}"/>`).join("")}</g>`;
