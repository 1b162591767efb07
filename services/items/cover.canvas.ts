/** A repeatable source of choices: the same seed gives the same picture on every machine. */
export interface Chance {
  /** In [0, 1). */
  unit(): number;
  between(low: number, high: number): number;
  /** Both ends included. */
  whole(low: number, high: number): number;
  pick<T>(choices: readonly T[]): T;
  is(probability: number): boolean;
}

/** FNV-1a folds the seed to 32 bits, mulberry32 unrolls them. Taste needs no cryptography. */
export function chanceOf(seed: string): Chance {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ char.codePointAt(0)!, 0x01000193);
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const chance: Chance = {
    unit,
    between: (low, high) => low + unit() * (high - low),
    whole: (low, high) => Math.floor(chance.between(low, high + 1)),
    pick: (choices) => choices[Math.floor(unit() * choices.length)]!,
    is: (probability) => unit() < probability,
  };
  return chance;
}

/** Five tones from light to dark, and one spark that stands out against each of them. */
const PALETTES = {
  fjord: ["#eef3f0", "#bcd6d2", "#6fa3a8", "#2c6274", "#0f2c3d", "#f58a4b"],
  apricot: ["#fef1e3", "#f9cfa4", "#e58e66", "#a4474d", "#431a33", "#1fa79c"],
  iris: ["#f2eefc", "#cfc2f2", "#927ad8", "#5337a2", "#22124f", "#ffc24d"],
  moss: ["#f3f3e4", "#d0d8a8", "#8ba661", "#446a43", "#162e25", "#f0643c"],
  rosewood: ["#fdeeec", "#f4bfc0", "#d87282", "#8b2d50", "#36102a", "#f8c64f"],
  cobalt: ["#ebf1fd", "#b5caf8", "#678eee", "#2647b8", "#0c1a52", "#ff7d5c"],
  clay: ["#f8f0e4", "#e2c8a6", "#ba8a60", "#74503c", "#2f1f1c", "#f0623e"],
  lagoon: ["#e8f8f3", "#a7e3d3", "#42b49d", "#137372", "#063743", "#ff9d84"],
  ember: ["#f3f2f5", "#cccbdb", "#8a8aa8", "#454768", "#16172f", "#ff6240"],
  orchid: ["#fdeef7", "#f2b8df", "#c568b1", "#772d85", "#290f40", "#6fe0bf"],
  honey: ["#fff6da", "#fbdb83", "#ecab2f", "#a5651a", "#40230f", "#dc4630"],
  dune: ["#f7efe9", "#e8c8b8", "#cf8f7c", "#5d5a80", "#1f2144", "#f7b733"],
} as const;

/** What a scene draws with: 800 by 600 units, a palette, and the chance that decides. */
export interface Canvas {
  chance: Chance;
  /** Light is 0, dark is 1; between the five tones it is mixed. */
  tone(depth: number): string;
  spark: string;
  /** One letter or digit of the title, already escaped. */
  glyph: string;
}

export const WIDTH = 800;
export const HEIGHT = 600;

export function canvasOf(chance: Chance, glyph: string): Canvas {
  const [a, b, c, d, e, spark] = chance.pick(Object.values(PALETTES));
  const tones = [a, b, c, d, e];
  return {
    chance,
    glyph,
    spark,
    tone(depth) {
      const place = Math.min(Math.max(depth, 0), 1) * (tones.length - 1);
      const below = Math.floor(place);
      return mix(tones[below]!, tones[Math.min(below + 1, tones.length - 1)]!, place - below);
    },
  };
}

/** Between two `#rrggbb` colours: 0 is the first, 1 the second. */
export function mix(from: string, to: string, share: number): string {
  const channel = (at: number) => {
    const [low, high] = [from, to].map((colour) => parseInt(colour.slice(at, at + 2), 16)) as [number, number];
    return Math.round(low + (high - low) * share)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

export const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Draws `count` things one after the other. */
export const each = (count: number, draw: (index: number) => string) => range(count).map(draw).join("");

/** Coordinates are whole units: a tenth of one is seen by nobody, and thousands of them by the network. */
export const at = (x: number, y: number) => `${Math.round(x)} ${Math.round(y)}`;

export const polygon = (points: [number, number][]) => `M${points.map(([x, y]) => at(x, y)).join("L")}Z`;

/** A soft line through the middles of a run of points. */
export function curve(points: [number, number][]): string {
  const middles = points.slice(1, -1).map(([x, y], i) => {
    const [nextX, nextY] = points[i + 2]!;
    return `Q${at(x, y)} ${at((x + nextX) / 2, (y + nextY) / 2)}`;
  });
  return `M${at(...points[0]!)}${middles.join("")}L${at(...points.at(-1)!)}`;
}

/** The same line, closed without a corner. */
export function loop(points: [number, number][]): string {
  const middle = (i: number) => {
    const [[x, y], [nextX, nextY]] = [points[i % points.length]!, points[(i + 1) % points.length]!];
    return at((x + nextX) / 2, (y + nextY) / 2);
  };
  return `M${middle(0)}${points.map((_, i) => `Q${at(...points[(i + 1) % points.length]!)} ${middle(i + 1)}`).join("")}Z`;
}

/** A linear gradient to be filled with `url(#id)`; from the top down unless told otherwise. */
export const gradient = (id: string, from: string, to: string, direction = 'x2="0" y2="1"') =>
  `<linearGradient id="${id}" ${direction}><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient>`;

export const backdrop = (fill: string) => `<path fill="${fill}" d="M0 0H${WIDTH}V${HEIGHT}H0Z"/>`;

export const circle = (x: number, y: number, r: number, fill: string, more = "") =>
  `<circle cx="${Math.round(x)}" cy="${Math.round(y)}" r="${Math.round(r)}" fill="${fill}"${more && ` ${more}`}/>`;
