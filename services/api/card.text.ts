import { LETTERS, MARKS, type Letter } from "./card.letters.ts";

/** In the alphabet's own units, of which 100 make the size of a text: the air between letters, and a space. */
const GAP = 20;
/** More of it beside a letter that is narrower than the mark over it. */
const NARROW = 7;
const SPACE = 32;
const LINE = 122;
const CAPITAL = 70;
const SMALL = 50;

/** What the alphabet lacks but can say otherwise. */
const ALIKE: Record<string, string> = {
  "’": "'",
  "‘": "'",
  "‐": "-",
  "‑": "-",
  "−": "–",
  "\u00a0": " ",
  "•": "·",
  "™": "TM",
  "№": "No.",
};
/** Letters whose own dot gives way to a mark. */
const DOTLESS: Record<string, string> = { i: "ı", j: "ȷ" };
/** Pairs with a hole between them are pushed together by so much. */
const CLOSER: [pair: RegExp, by: number][] = [
  [/^([AL][TVWY'”]|[TVWYPF]A|[TVWYF][.,]|P[.,])$/, 13],
  [/^([TVWY][aceoqgsdu]|[rvwyf][.,]|[AL][vwy]|F[ao])$/, 9],
  [/^([ftr][aceogqd]|[vwyxk][aceo]|[aeo][vwyx]|K[eouC])$/, 5],
];

/** One line of text as the data of a path, to be stroked; it begins at x = 0 and stands on y = 0. */
interface Line {
  width: number;
  strokes: { x: number; y: number; strokes: string }[];
}

/** As much of a text as the alphabet has, composed letters taken apart; runs of space are one. */
export const drawable = (text: string): string =>
  [...text.normalize("NFC")]
    .map((char) => ALIKE[char] ?? char)
    .join("")
    .normalize("NFD")
    .replace(/./gsu, (char) => (/\s/.test(char) || LETTERS.has(char) || MARKS[char] ? char : ""))
    .replace(/\s+/g, " ")
    .trim();

/** Sets a line of drawable text. */
export function set(text: string): Line {
  const strokes: Line["strokes"] = [];
  let [x, width] = [0, 0];
  let before: { char: string; letter: Letter; x: number } | undefined;
  const chars = [...text];
  for (const [i, char] of chars.entries()) {
    const mark = MARKS[char];
    if (mark) {
      if (before) strokes.push({ ...placeOf(mark, before), strokes: mark.strokes });
      continue;
    }
    if (char === " ") {
      x += SPACE;
      before = undefined;
      continue;
    }
    const marked = MARKS[chars[i + 1] ?? ""] && !MARKS[chars[i + 1]!]!.under;
    const letter = LETTERS.get((marked && DOTLESS[char]) || char)!;
    const aside = marked && letter.width < 2 * NARROW ? NARROW : 0;
    x += aside;
    if (before) x -= CLOSER.find(([pair]) => pair.test(before!.char + char))?.[1] ?? 0;
    strokes.push({ x, y: 0, strokes: letter.strokes });
    before = { char, letter, x };
    width = x + letter.width;
    x = width + GAP + aside;
  }
  return { width, strokes };
}

function placeOf({ under }: { under?: true }, { char, letter, x }: { char: string; letter: Letter; x: number }) {
  const high = /[bdfhklt\p{Lu}]/u.test(char) ? CAPITAL : SMALL;
  return { x: x + letter.width / 2, y: under ? 0 : -high };
}

/** A text that is fitted into a box. */
interface Block {
  /** Of 100 units of the alphabet, px. */
  size: number;
  lines: Line[];
  /** From the top of the first line's capitals to the line that the last one stands on, px. */
  height: number;
}

/** The largest of these sizes in which a text keeps to its lines, `most` at a size; in the last one it is cut short. */
export function fit(text: string, width: number, sizes: { size: number; most: number }[]): Block {
  for (const { size, most } of sizes) {
    const lines = wrap(text, (width / size) * 100);
    if (lines && lines.length <= most) return block(size, lines);
  }
  const { size, most } = sizes.at(-1)!;
  return block(size, cut(text, (width / size) * 100, most));
}

const block = (size: number, lines: string[]): Block => ({
  size,
  lines: lines.map(set),
  height: (size * (CAPITAL + (lines.length - 1) * LINE)) / 100,
});

/** Words in lines of this width; null when one of them is wider. */
function wrap(text: string, width: number): string[] | null {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    if (set(word).width > width) return null;
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && set(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** As many letters as fit, words broken where they must be, and an ellipsis. */
function cut(text: string, width: number, most: number): string[] {
  const lines = [""];
  for (const char of text) {
    const longer = lines.at(-1)! + char;
    const last = lines.length === most;
    if (set(last ? `${longer}…` : longer).width <= width) lines[lines.length - 1] = longer;
    else if (last) return [...lines.slice(0, -1), `${lines.at(-1)!.trimEnd()}…`];
    else {
      const space = longer.lastIndexOf(" ");
      const kept = space > 0 ? longer.slice(0, space) : longer.slice(0, -1);
      lines[lines.length - 1] = kept;
      lines.push(longer.slice(kept.length).trimStart());
    }
  }
  return lines;
}

/** A line as SVG: `weight` is that of the strokes, in units of the alphabet. Its ink begins at x. */
export const drawn = ({ strokes }: Line, x: number, y: number, size: number, ink: string, weight: number): string =>
  `<g transform="translate(${(x + (weight * size) / 200).toFixed(1)} ${y.toFixed(1)}) scale(${size / 100})" fill="none" stroke="${ink}" stroke-width="${weight}" stroke-linecap="round" stroke-linejoin="round">${strokes
    .map(({ x, y, strokes }) => `<path transform="translate(${x} ${y})" d="${strokes}"/>`)
    .join("")}</g>`;

/** Lines below each other; `y` is the top of the first one's capitals. */
export const drawnBlock = ({ lines, size }: Block, x: number, y: number, ink: string, weight: number): string =>
  lines.map((line, i) => drawn(line, x, y + (size * (CAPITAL + i * LINE)) / 100, size, ink, weight)).join("");
