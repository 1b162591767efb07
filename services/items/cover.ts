import { canvasOf, chanceOf, type Canvas } from "./cover.canvas.ts";
import { folds, keys, tiles, weave } from "./cover.patterns.ts";
import { blocks, landscape, papercut, shelf, sky } from "./cover.scenes.ts";
import { sheets, specimen, waveform } from "./cover.signs.ts";
import type { Kind } from "../schemas.ts";

type Draw = (canvas: Canvas) => string;

/** Words of the title and the kind that ask for a motif; the first line that fits decides. */
const HINTS: [words: RegExp, motifs: Draw[]][] = [
  [/\b(type(face)?|fonts?|grotesk|serif|glyphs?|lettering|letterforms?)\b/i, [specimen]],
  [/\b(samples?|recordings?|audio|loops?|sounds?|music|tape|album|songs?|beats?|drones?|piano|shots)\b/i, [waveform]],
  [/\b(e-?books?|books?|novel|almanac|stories|tales|essays|guide|handbook)\b/i, [shelf]],
  [/\b(models?|stl|3d|voxels?|vase|lamp|chess)\b/i, [blocks]],
  [/\b(planets?|stars?|space|galaxy|moon|astronomy|night)\b/i, [sky]],
  [/\bgames?\b/i, [blocks, sky]],
  [/\b(patterns?|textiles?|weaves?|fabrics?|knit(ting)?|seamless|textures?)\b/i, [weave, tiles]],
  [/\b(templates?|invoices?|layouts?|starter|theme|ui|kit|resume|zines?)\b/i, [sheets]],
  [/\b(posters?|landscapes?|light|seas?|mountains?|photos?|wallpapers?|hills?)\b/i, [landscape]],
  [/\b(paper|cut|collage|weather)\b/i, [papercut]],
  [/\b(icons?|tiles?|palettes?|colou?rs?|shaders?|geometry)\b/i, [tiles, folds]],
  [/\b(keys?|licen[cs]es?|seats?|pass|access)\b/i, [keys]],
  [/\b(unique|edition)$/, [papercut, landscape, folds, weave]],
  [/$/, [tiles, folds, weave, papercut, sky, landscape]],
];

/**
 * The cover of an item that has no picture of its own: an SVG of 800 by 600 and some 3 KB, always the same for an id.
 * Of the title only one letter or digit can come into it, escaped; there are no scripts and no references out of it.
 */
export function drawCover({ id, title, kind }: { id: string; title: string; kind: Kind }): string {
  const chance = chanceOf(id);
  const draw = chance.pick(HINTS.find(([words]) => words.test(`${title} ${kind}`))![1]);
  const glyph = /[\p{L}\p{N}]/u.exec(title)?.[0].toUpperCase() ?? "&amp;";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600" preserveAspectRatio="xMidYMid slice">${draw(canvasOf(chance, glyph))}</svg>`;
}
