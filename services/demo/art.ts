import { seededNumbers } from "./seeded.ts";

/** Pictures as SVG, drawn by code from a seed. */

const svg = (width: number, height: number, body: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n${body}\n</svg>\n`;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A sum of two waves from edge to edge, as the points of a path. */
function swell(next: () => number, width: number, level: number, height: number): string {
  const [slow, quick, phase] = [1 + next() * 1.5, 3 + next() * 3, next() * 7];
  return range(61)
    .map((i) => {
      const angle = (i / 60) * Math.PI * 2;
      const y = level + height * (Math.sin(angle * slow + phase) + 0.4 * Math.sin(angle * quick + phase * 3));
      return `${((i * width) / 60).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("L");
}

/** Ridges in front of each other under a sun; `colours` from the sky to the nearest ridge, the last one the sun's. */
export function ridges(seed: string, colours: string[], [width, height] = [2400, 3200]): string {
  const next = seededNumbers(seed);
  const [sky, ...layers] = colours.slice(0, -1);
  const [x, y, r] = [width * (0.3 + next() * 0.4), height * (0.2 + next() * 0.1), width * 0.11];
  const step = (height * 0.6) / layers.length;
  const hills = layers.map(
    (fill, i) =>
      `<path fill="${fill}" d="M${swell(next, width, height * 0.42 + i * step, height * 0.03)}L${width} ${height}L0 ${height}Z"/>`,
  );
  return svg(
    width,
    height,
    [
      `<rect width="${width}" height="${height}" fill="${sky}"/>`,
      `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${r.toFixed(0)}" fill="${colours.at(-1)}"/>`,
      ...hills,
    ].join("\n"),
  );
}

/** Sheets of paper with a hole in each, one below the other, from the outermost colour to the innermost. */
export function cutPaper(seed: string, colours: string[], size = 3000): string {
  const next = seededNumbers(seed);
  const [paper, ...layers] = colours;
  const holes = layers.map((fill, i) => {
    const [lobes, phase, reach] = [3 + Math.floor(next() * 3), next() * 7, size * (0.44 - (i * 0.38) / layers.length)];
    const edge = range(72).map((k) => {
      const angle = (k / 72) * Math.PI * 2;
      const r = reach * (1 + 0.08 * Math.sin(angle * lobes + phase) + 0.04 * Math.sin(angle * 2 - phase));
      return `${(size / 2 + r * Math.cos(angle)).toFixed(1)} ${(size / 2 + r * Math.sin(angle)).toFixed(1)}`;
    });
    const d = `M${edge.join("L")}Z`;
    return `<path fill="none" stroke="#000" stroke-opacity=".18" stroke-width="36" d="${d}"/><path fill="${fill}" d="${d}"/>`;
  });
  return svg(size, size, [`<rect width="${size}" height="${size}" fill="${paper}"/>`, ...holes].join("\n"));
}

/** A tile of waves that repeats in both directions: whole periods across, whole rows down. */
export function waveTile(number: number, colours: string[]): string {
  const next = seededNumbers(`tide ${number}`);
  const side = 240;
  const [rows, periods] = [3 + Math.floor(next() * 6), 1 + Math.floor(next() * 4)];
  const pitch = side / rows;
  const [height, weight] = [pitch * (0.15 + next() * 0.45), pitch * (0.12 + next() * 0.4)];
  const dashed = next() < 0.3;
  // Dashes keep clear of the edges; a whole line runs past them, so that no end of it is seen.
  const [first, last] = dashed ? [0, 48] : [-2, 50];
  const dash = dashed ? ' pathLength="24" stroke-dasharray="1" stroke-dashoffset="-.5"' : "";
  // One row more at each end: what hangs over one edge comes in at the other.
  const lines = range(rows + 2).map((row) => {
    const colour = colours[1 + (((row + rows) % rows) % (colours.length - 1))];
    const points = range(last - first + 1).map((i) => {
      const y = (row - 0.5) * pitch + height * Math.sin(((first + i) / 48) * Math.PI * 2 * periods);
      return `${(first + i) * 5} ${y.toFixed(1)}`;
    });
    return `<path fill="none" stroke="${colour}" stroke-width="${weight.toFixed(1)}"${dash} d="M${points.join("L")}"/>`;
  });
  return svg(side, side, [`<rect width="${side}" height="${side}" fill="${colours[0]}"/>`, ...lines].join("\n"));
}

/** An ampersand in one stroke, with the guides that it was drawn on. */
export const ampersand = (ink: string, paper: string, guide: string): string =>
  svg(
    1200,
    1200,
    `<rect width="1200" height="1200" fill="${paper}"/>
<path stroke="${guide}" stroke-width="3" d="M100 230H1100M100 950H1100M600 80V1120"/>
<path fill="none" stroke="${ink}" stroke-width="92" stroke-linecap="round" stroke-linejoin="round"
  d="M910 950L430 430C350 340 380 230 510 230C640 230 680 340 590 430C490 530 310 580 310 760C310 880 400 950 530 950C720 950 850 800 870 620"/>`,
  );

/** A sheet of colour fields with their names. */
export function swatches(colours: [name: string, hex: string][]): string {
  const fields = colours.map(([name, hex], i) => {
    const [x, y] = [(i % 8) * 150, Math.floor(i / 8) * 180];
    return `<rect x="${x}" y="${y}" width="150" height="130" fill="${hex}"/><text x="${x + 12}" y="${y + 158}" font-family="sans-serif" font-size="16">${name}</text>`;
  });
  return svg(1200, Math.ceil(colours.length / 8) * 180, fields.join("\n"));
}
