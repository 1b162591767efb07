import {
  HEIGHT,
  WIDTH,
  at,
  backdrop,
  circle,
  curve,
  each,
  gradient,
  loop,
  mix,
  range,
  type Canvas,
} from "./cover.canvas.ts";

/** Scenes fill the canvas with a place: hills, a night sky, a city of blocks, cut paper, a shelf. */

const waveLine = ({ chance }: Canvas, base: number, swing: number, step = 50): [number, number][] => {
  const [slow, quick, phase] = [chance.between(130, 210), chance.between(50, 80), chance.between(0, 7)];
  return range(WIDTH / step + 3).map((i) => {
    const x = (i - 1) * step;
    return [x, base + swing * (Math.sin(x / slow + phase) + 0.45 * Math.sin(x / quick + phase * 2))];
  });
};

const below = (line: [number, number][]) => `${curve(line)}V${HEIGHT}H0Z`;

/** Ridges that fade into mist towards a low sun, or into the dark under a moon; sometimes over water. */
export function landscape(canvas: Canvas): string {
  const { chance, tone, spark } = canvas;
  const [night, water] = [chance.is(0.4), chance.is(0.4)];
  const [x, y, r] = [chance.between(180, 620), chance.between(150, 230), chance.between(52, 84)];
  const depth = (nearness: number) => (night ? 0.62 + nearness * 0.38 : 0.2 + nearness * 0.8);
  const count = water ? 3 : 5;
  const [first, gap] = water ? [300, 42] : [285, 62];
  const disc = night ? mix(spark, tone(0), 0.75) : spark;
  const ridge = (i: number) =>
    gradient(`r${i}`, tone(depth(i / (count - 1))), tone(depth(i / (count - 1)) - 0.28)) +
    `<path fill="url(#r${i})" d="${below(waveLine(canvas, first + i * gap, 34 - i * 3))}"/>`;
  const lake =
    gradient("w", tone(night ? 0.72 : 0.34), tone(night ? 1 : 0.72)) +
    `<path fill="url(#w)" d="M0 420H${WIDTH}V${HEIGHT}H0Z"/>` +
    each(9, (i) => {
      const half = (9 - i) * chance.between(6, 13);
      return `<path stroke="${disc}" stroke-width="${4 + (i >> 1)}" stroke-linecap="round" opacity=".${8 - (i >> 1)}" d="M${at(x - half, 436 + i * 17)}h${Math.round(half * 2)}"/>`;
    });
  return (
    gradient("s", tone(night ? 1 : 0.04), night ? tone(0.6) : mix(tone(0.25), spark, 0.3)) +
    backdrop("url(#s)") +
    circle(x, y, r * 2.3, disc, 'opacity=".1"') +
    circle(x, y, r * 1.55, disc, 'opacity=".16"') +
    circle(x, y, r, disc) +
    each(count, ridge) +
    (water ? lake : "")
  );
}

/** A night sky: dust, a figure of stars joined by fine lines, and a planet with moons or with rings. */
export function sky({ chance, tone, spark }: Canvas): string {
  const dust = (count: number) => each(count, () => `M${at(chance.between(0, WIDTH), chance.between(0, HEIGHT))}h0`);
  const [x, y] = [chance.whole(500, 610), chance.whole(350, 420)];
  const stars = range(7).map((i): [number, number] => [70 + i * 62 + chance.between(-16, 16), chance.between(60, 250)]);
  const star = ([sx, sy]: [number, number], i: number) =>
    circle(
      sx,
      sy,
      5 + (i % 3) * 2,
      i === 3 ? spark : tone(0),
      `stroke="${tone(0)}" stroke-opacity=".18" stroke-width="14"`,
    );
  const orbit = (i: number) => {
    const [rx, angle] = [160 + i * 66, chance.between(2.2, 4.6)];
    const ellipse = `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${Math.round(rx * 0.42)}" fill="none" stroke="${tone(0.25)}" stroke-opacity=".${7 - i}" stroke-width="2.5"/>`;
    return (
      ellipse +
      circle(
        x + rx * Math.cos(angle),
        y + rx * 0.42 * Math.sin(angle),
        chance.between(9, 19),
        tone(chance.between(0.05, 0.5)),
      )
    );
  };
  const ring = (r: number, sweep: 0 | 1) => `M${x - r} ${y}A${r} ${Math.round(r * 0.24)} 0 0 ${sweep} ${x + r} ${y}`;
  const rings = (sweep: 0 | 1) =>
    `<g fill="none"><path stroke="${tone(0.12)}" stroke-width="20" d="${ring(226, sweep)}"/><path stroke="${tone(0.42)}" stroke-width="9" d="${ring(258, sweep)}"/></g>`;
  const planet = (r: number) => circle(x, y, r, "url(#p)");
  const body = chance.is(0.5) ? each(4, orbit) + planet(chance.between(80, 104)) : rings(1) + planet(132) + rings(0);
  return (
    gradient("s", tone(1), tone(0.72), 'x2=".5" y2="1"') +
    `<radialGradient id="p" cx=".3" cy=".28" r=".9"><stop stop-color="${mix(spark, "#ffffff", 0.35)}"/><stop offset=".5" stop-color="${spark}"/><stop offset="1" stop-color="${mix(spark, tone(1), 0.75)}"/></radialGradient>` +
    backdrop("url(#s)") +
    `<g${chance.is(0.5) ? ` transform="matrix(-1 0 0 1 ${WIDTH} 0)"` : ""}><g stroke="${tone(0)}" stroke-linecap="round" fill="none"><path stroke-width="3" opacity=".5" d="${dust(40)}"/><path stroke-width="5" opacity=".75" d="${dust(16)}"/>` +
    `<path stroke-width="2" opacity=".5" d="M${stars.map(([sx, sy]) => at(sx, sy)).join("L")}"/></g>${stars.map(star).join("")}` +
    `<g transform="rotate(${chance.whole(-32, -14)} ${x} ${y})">${body}</g></g>`
  );
}

/** A field of prisms in isometry, stepped like terraces, a few of them lit. */
export function blocks({ chance, tone, spark }: Canvas): string {
  const [half, rise] = [76, 44];
  const [slow, phase, step] = [chance.between(1.1, 2.2), chance.between(0, 7), rise * chance.pick([1, 1.5])];
  const prism = (id: string, top: string, left: string, right: string) =>
    `<g id="${id}"><path fill="${left}" d="M-${half} 0 0 ${rise}V440L-${half} 400Z"/><path fill="${right}" d="M${half} 0 0 ${rise}V440L${half} 400Z"/><path fill="${top}" d="M0-${rise} ${half} 0 0 ${rise}-${half} 0Z"/></g>`;
  const lit = prism("d", mix(spark, "#ffffff", 0.3), mix(spark, tone(1), 0.12), mix(spark, tone(1), 0.45));
  const storeys = range(4).map((i) =>
    prism("c" + i, tone(0.38 - i * 0.12), tone(0.62 - i * 0.07), tone(0.96 - i * 0.06)),
  );
  const row = (j: number) =>
    each(6, (i) => {
      const x = (i * 2 + (j % 2)) * half;
      const hill = Math.sin(i / slow + phase) + Math.cos(j / 2 / slow - phase) + chance.between(-0.9, 0.9);
      const storey = Math.min(Math.max(Math.round(hill + 1.5), 0), 3);
      const id = chance.is(0.07) ? "d" : "c" + storey;
      return `<use href="#${id}" x="${x}" y="${Math.round(j * rise - 20 - storey * step)}"/>`;
    });
  return `<defs>${storeys.join("")}${lit}</defs>${backdrop(tone(0.38))}${each(18, row)}`;
}

/** Layers of cut paper, each with the shadow it throws on the next: a valley seen from above, or waves. */
export function papercut(canvas: Canvas): string {
  const { chance, tone, spark } = canvas;
  const inward = chance.is(0.5);
  const [x, y] = [chance.between(300, 500), chance.between(250, 350)];
  const dark = chance.is(0.5);
  const colour = (i: number) => (i === 6 ? spark : tone(dark ? 0.95 - i * 0.15 : 0.06 + i * 0.15));
  const hole = (i: number) => {
    const reach = 445 - i * 62;
    const [lobes, phase] = [chance.whole(3, 5), chance.between(0, 7)];
    const ring = range(16).map((k): [number, number] => {
      const angle = (k / 16) * Math.PI * 2;
      const r = reach * (1 + 0.09 * Math.sin(angle * lobes + phase) + 0.05 * Math.sin(angle * 2 - phase));
      return [x + r * 1.2 * Math.cos(angle), y + r * 0.9 * Math.sin(angle)];
    });
    return loop(ring);
  };
  // The first wave lies above the canvas, so that its colour is the sky's.
  const sheet = (i: number) =>
    `<path fill="${colour(i)}" d="${inward ? hole(i) : below(waveLine(canvas, 70 + i * 82, 26 + chance.between(0, 16), 40))}"/>`;
  return (
    `<filter id="f" x="-20%" y="-20%" width="140%" height="140%"><feDropShadow dx="0" dy="${inward ? 5 : -5}" stdDeviation="9" flood-color="${tone(1)}" flood-opacity=".45"/></filter>` +
    backdrop(tone(dark ? 1 : 0)) +
    `<g filter="url(#f)">${range(7).map(sheet).join('</g><g filter="url(#f)">')}</g>`
  );
}

/** Spines on a shelf, the last of them leaning. */
export function shelf({ chance, tone, spark }: Canvas): string {
  const floor = 486;
  const spine = (x: number, width: number, height: number, lean: number) => {
    const shade = chance.is(0.2) ? spark : tone(chance.between(0.3, 1));
    const [band, light] = [chance.between(0.12, 0.2) * height, chance.is(0.5) ? spark : tone(0.06)];
    const foot = chance.is(0.5) ? chance.whole(24, 64) : 0;
    const mark = light === shade ? tone(0) : light;
    const turn = lean ? ` transform="rotate(${lean} ${at(x + width, floor)})"` : "";
    const lines = `M${at(x, floor - height + band)}h${width}M${at(x, floor - height + band + 14)}h${width}${foot ? `M${at(x, floor - foot)}h${width}` : ""}`;
    return (
      `<g${turn}><path fill="${shade}" d="M${at(x, floor)}v${-height}h${width}v${height}Z"/><path fill="#fff" opacity=".14" d="M${at(x, floor)}v${-height}h7v${height}Z"/>` +
      `<path stroke="${mark}" stroke-width="4" d="${lines}"/></g>`
    );
  };
  let x = 96;
  let spines = "";
  while (x < 590) {
    const width = chance.whole(34, 78);
    spines += spine(x, width, chance.whole(225, 345), 0);
    x += width + 3;
  }
  const lamp = chance.between(480, 660);
  return (
    gradient("s", tone(0.02), tone(0.26)) +
    backdrop("url(#s)") +
    circle(lamp, 190, 150, spark, 'opacity=".22"') +
    circle(lamp, 190, 96, spark, 'opacity=".35"') +
    spines +
    spine(x + 46, 44, 300, -13) +
    `<path fill="${tone(0.86)}" d="M0 ${floor}H800V${floor + 20}H0Z"/><path fill="${tone(0.6)}" d="M0 ${floor + 20}H800V600H0Z"/><path fill="${tone(1)}" opacity=".25" d="M0 ${floor + 20}H800v24H0Z"/>`
  );
}
