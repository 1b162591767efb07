import {
  HEIGHT,
  WIDTH,
  at,
  backdrop,
  circle,
  each,
  gradient,
  mix,
  polygon,
  range,
  type Canvas,
} from "./cover.canvas.ts";

/** Patterns repeat a unit over the canvas: cloth, tiles, folds, keys. */

/** Ribbons over and under each other, turned on the loom. */
export function weave({ chance, tone, spark }: Canvas): string {
  const [size, gap] = [chance.whole(58, 78), 4];
  const ground = tone(0.97);
  const warp = [tone(0.06), tone(0.24), tone(0.06), chance.is(0.5) ? spark : tone(0.36)];
  const weft = [tone(0.5), tone(0.72), spark, tone(0.62)];
  const twill = chance.is(0.5);
  const over = (i: number, j: number) => (twill ? (i + j) % 4 < 2 : (i + j) % 2 === 0);
  const cell = (i: number, j: number) => {
    const up = over(i, j);
    const [x, y, long, broad] = [i * size, j * size, size + 1, size - gap * 2];
    const box = up ? `M${x + gap} ${y}h${broad}v${long}h-${broad}Z` : `M${x} ${y + gap}h${long}v${broad}h-${long}Z`;
    // Where the ribbon dives under its neighbour, this end is in shade.
    const ends = [3, 1].map((step) => Number(up ? !over(i, j + step) : over(i + step, j))).join("");
    const shade = ends === "00" ? "" : `<path fill="url(#${up ? "v" : "h"}${ends})" d="${box}"/>`;
    return `<path fill="${up ? warp[i]! : weft[j]!}" d="${box}"/>${shade}`;
  };
  const dark = (offset: string, opacity: number) =>
    `<stop offset="${offset}" stop-color="${ground}" stop-opacity="${opacity && ".55"}"/>`;
  const shade = (id: string, direction: string, before: number, after: number) =>
    `<linearGradient id="${id}"${direction}>${dark("0", before)}${dark(".35", 0)}${dark(".65", 0)}${dark("1", after)}</linearGradient>`;
  const shades = (
    twill
      ? [
          [0, 1],
          [1, 0],
        ]
      : [[1, 1]]
  ).map(
    ([before, after]) =>
      shade(`v${before}${after}`, ' x2="0" y2="1"', before!, after!) + shade(`h${before}${after}`, "", before!, after!),
  );
  // Sixteen crossings are drawn once and laid out side by side; a unit of overlap hides their seams.
  const repeat = (i: number) =>
    `<use href="#t" x="${((i % 6) - 3) * size * 4}" y="${(Math.floor(i / 6) - 3) * size * 4}"/>`;
  return (
    `<defs>${shades.join("")}<g id="t">${each(4, (j) => each(4, (i) => cell(i, j)))}</g></defs>${backdrop(ground)}` +
    `<g transform="translate(${chance.whole(300, 500)} ${chance.whole(200, 400)})rotate(${chance.pick([45, -45, 30, -30, 0]) + chance.whole(-5, 5)})">${each(36, repeat)}</g>`
  );
}

/** Twelve tiles of quarter rounds, leaves and suns, as a Bauhaus print has them. */
export function tiles({ chance, tone, spark }: Canvas): string {
  const side = 200;
  const tile = (i: number) => {
    const [x, y] = [(i % 4) * side, Math.floor(i / 4) * side];
    const [ground, front] = chance.pick([
      [0.02, 0.75],
      [0.92, 0.2],
      [0.25, 0.95],
      [0.7, 0.04],
      [0.5, 0.98],
    ] as const);
    const ink = chance.is(0.3) ? spark : tone(front);
    const rest = chance.is(0.25) ? spark : tone((ground + front) / 2);
    const shapes = [
      () =>
        `<path fill="${ink}" d="M0 0H200A200 200 0 0 1 0 200Z"/><path fill="${tone(ground)}" d="M0 0H130A130 130 0 0 1 0 130Z"/><path fill="${rest === ink ? tone(front) : rest}" d="M0 0H66A66 66 0 0 1 0 66Z"/>`,
      () => `<path fill="${ink}" d="M0 0A200 200 0 0 1 200 200A200 200 0 0 1 0 0"/>`,
      () => `<path fill="${ink}" d="M0 100A100 100 0 0 1 200 100ZM0 200A100 100 0 0 1 200 200Z"/>`,
      () => circle(100, 100, 76, ink) + circle(100, 100, 36, tone(ground)),
      () => `<path fill="${ink}" d="M0 0H100V100H200V200H100V100H0Z"/>`,
      () => `<path stroke="${ink}" stroke-width="20" d="M0 20H200M0 60H200M0 100H200M0 140H200M0 180H200"/>`,
      () => `<path fill="${ink}" d="M0 0L100 100 0 200Z"/><path fill="${rest}" d="M200 0L100 100 200 200Z"/>`,
    ];
    return `<g transform="translate(${x} ${y}) rotate(${chance.whole(0, 3) * 90} 100 100)"><path fill="${tone(ground)}" d="M0 0h200v200H0Z"/>${chance.pick(shapes)()}</g>`;
  };
  return each(12, tile);
}

/** A sheet in Miura folds: four shades repeat, each falling off with the light, and a few faces are lit. */
export function folds({ chance, tone, spark }: Canvas): string {
  const [wide, high] = [chance.whole(92, 128), chance.whole(86, 116)];
  const [slant, lean] = [chance.between(0.35, 0.55) * high, chance.between(0.12, 0.25) * wide];
  const start = chance.between(0, 0.2);
  const point = (i: number, j: number): [number, number] => [
    i * wide + (j % 2 ? lean : 0) - wide,
    j * high + (i % 2 ? slant : 0) - high,
  ];
  const depths = [start, start + 0.3, start + 0.16, start + 0.5];
  const faces = ["", "", "", ""];
  let lit = "";
  for (const j of range(Math.ceil(HEIGHT / high) + 1)) {
    for (const i of range(Math.ceil(WIDTH / wide) + 2)) {
      const face = polygon([point(i, j), point(i + 1, j), point(i + 1, j + 1), point(i, j + 1)]);
      if ((i + j) % 2 && chance.is(0.1)) lit += face;
      else faces[(i % 2) + (j % 2) * 2] += face;
    }
  }
  const fall = (id: string, from: string, to: string) =>
    gradient(id, from, to, 'gradientUnits="userSpaceOnUse" x2="800" y2="600"');
  return (
    depths.map((depth, i) => fall(`f${i}`, tone(depth), tone(depth + 0.36))).join("") +
    fall("l", mix(spark, "#ffffff", 0.2), mix(spark, tone(1), 0.15)) +
    faces.map((d, i) => `<path fill="url(#f${i})" d="${d}"/>`).join("") +
    `<path fill="url(#l)" d="${lit}"/>`
  );
}

/** Keys in rows, each turned against its neighbour, and the one that fits. */
export function keys({ chance, tone, spark }: Canvas): string {
  const dark = chance.is(0.55);
  const [ground, row, ink] = dark ? [1, 0.86, 0.6] : [0.06, 0.16, 0.42];
  const key = `<g id="k" fill="none" stroke-width="17" stroke-linejoin="round" stroke-linecap="round"><circle cx="-50" r="27"/><path d="M-23 0H74V25M44 0V19"/></g>`;
  const chosen = chance.pick([5, 6, 9, 10]);
  const tilt = (chance.between(14, 30) * chance.pick([-1, 1])).toFixed(1);
  const place = (i: number) => {
    const [column, line] = [i % 4, Math.floor(i / 4)];
    const [x, y] = [column * 240 - 20 + (line % 2) * 120 - 60, line * 150 + 75];
    const paint = i === chosen ? spark : tone(ink + ((column + line) % 3) * (dark ? -0.1 : 0.12));
    return `<use href="#k" transform="translate(${at(x, y)})rotate(${(column + line) % 2 ? 180 : 0})" stroke="${paint}"/>`;
  };
  return (
    `<defs>${key}</defs>` +
    backdrop(tone(ground)) +
    `<g transform="rotate(${tilt} 400 300) translate(${chance.whole(-60, 20)} -75)"><path fill="none" stroke="${tone(row)}" stroke-width="112" d="${each(7, (j) => `M-200 ${j * 150 - 75}H1000`)}"/>${each(20, place)}</g>`
  );
}
