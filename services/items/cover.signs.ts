import { WIDTH, at, backdrop, circle, each, gradient, mix, range, type Canvas } from "./cover.canvas.ts";

/** Signs say what the thing is: a letter, a sound, a page. */

/** A letter on its guide lines, as in a type foundry's specimen. */
export function specimen({ chance, tone, spark, glyph }: Canvas): string {
  const dark = chance.is(0.5);
  const [ground, ink, guide] = dark ? [tone(0.97), tone(0.04), tone(0.62)] : [tone(0.03), tone(0.95), tone(0.36)];
  const family = chance.pick([
    "Georgia,'Times New Roman',serif",
    "Helvetica,Arial,sans-serif",
    "Georgia,serif",
    "Menlo,Consolas,monospace",
  ]);
  const letter = (more: string) =>
    `<text x="400" y="460" font-family="${family}" font-size="470" font-weight="700" text-anchor="middle" ${more}>${glyph}</text>`;
  const [shift, line] = [chance.pick([-26, 26]), (y: number) => `M0 ${y}H${WIDTH}`];
  return (
    backdrop(ground) +
    circle(400 + shift * 5, chance.between(230, 340), chance.between(170, 220), spark, `opacity=".${dark ? 9 : 95}"`) +
    `<path stroke="${guide}" stroke-width="2" stroke-dasharray="3 9" stroke-linecap="round" d="${line(122)}${line(212)}${line(560)}"/><path stroke="${guide}" stroke-width="3" d="${line(460)}"/>` +
    letter(`fill="none" stroke="${guide}" stroke-width="3" transform="translate(${shift} ${-shift / 2})"`) +
    letter(`fill="${ink}"`) +
    each(4, (i) =>
      circle(i % 2 ? 752 : 48, i < 2 ? 122 : 460, 8, i === 1 ? spark : ground, `stroke="${guide}" stroke-width="3"`),
    )
  );
}

/** A sound: as bars around its middle, as rays around a disc, or as ridges behind each other. */
export function waveform(canvas: Canvas): string {
  const { chance, tone } = canvas;
  const draw = chance.pick([bars, rays, ridges]);
  return gradient("s", tone(1), tone(0.74), 'x2="1" y2="1"') + backdrop("url(#s)") + draw(canvas);
}

function bars({ chance, tone, spark }: Canvas): string {
  const [count, played, phase] = [39, chance.whole(12, 30), chance.between(0, 7)];
  const bar = (i: number) => {
    const envelope = Math.sin(((i + 0.5) / count) * Math.PI) ** 0.7;
    const half =
      12 +
      225 *
        envelope *
        (0.25 + 0.75 * Math.abs(Math.sin(i * 0.55 + phase) * Math.cos(i * 0.21 + phase * 2))) *
        chance.between(0.7, 1);
    return `M${at(58 + i * 18, 300 - half)}v${Math.round(half * 2)}`;
  };
  const run = (from: number, to: number, colour: string) =>
    `<path stroke="${colour}" d="${range(to - from)
      .map((i) => bar(from + i))
      .join("")}"/>`;
  return `<g stroke-width="10" stroke-linecap="round">${run(0, played, spark)}${run(played, count, tone(0.22))}</g>`;
}

function rays({ chance, tone, spark }: Canvas): string {
  const [count, phase, beat] = [88, chance.between(0, 7), chance.whole(2, 5)];
  const ray = (i: number) => {
    const angle = (i / count) * Math.PI * 2;
    const reach =
      186 + 104 * Math.abs(Math.sin(angle * beat + phase) * Math.cos(angle + phase)) * chance.between(0.6, 1) + 8;
    const point = (r: number) => at(400 + r * Math.cos(angle), 300 + r * Math.sin(angle));
    return `M${point(172)}L${point(reach)}`;
  };
  return (
    `<path stroke="${tone(0.16)}" stroke-width="7" stroke-linecap="round" d="${each(count, ray)}"/>` +
    circle(400, 300, 148, "none", `stroke="${tone(0.5)}" stroke-width="2"`) +
    circle(400, 300, 132, spark) +
    circle(400, 300, 40, tone(0.95)) +
    circle(400, 300, 8, tone(0.1))
  );
}

function ridges({ chance, tone, spark }: Canvas): string {
  const lit = chance.whole(4, 9);
  const ridge = (j: number) => {
    const [centre, phase] = [chance.between(0.42, 0.58), chance.between(0, 7)];
    const points = range(25).map((i) => {
      const bell = Math.exp(-(((i / 24 - centre) / 0.17) ** 2));
      return at(
        76 + i * 27,
        170 + j * 29 - bell * (34 + 96 * Math.abs(Math.sin(i * 1.1 + phase))) - chance.between(0, 4),
      );
    });
    return `<path fill="${mix(tone(1), tone(0.74), j / 16)}" stroke="${j === lit ? spark : tone(0.1)}" stroke-width="${j === lit ? 5 : 3}" d="M${points.join("L")}"/>`;
  };
  return `<g stroke-linejoin="round" stroke-linecap="round">${each(13, ridge)}</g>`;
}

/** Printed sheets laid over each other, the topmost with a picture and lines of text. */
export function sheets({ chance, tone, spark }: Canvas): string {
  const tilt = chance.pick([-1, 1]) * chance.whole(5, 10);
  const page = (turn: number, fill: string, inside: string) =>
    `<g transform="rotate(${turn} 400 330)"><path fill="${tone(1)}" opacity=".16" d="M248 92h320v470H248Z"/><path fill="${fill}" d="M240 80h320v470H240Z"/>${inside}</g>`;
  const dark = chance.is(0.4);
  const widths = range(6).map(() => chance.whole(120, 248));
  const text = widths.map((width, i) => `M276 ${370 + i * 26}h${width}`).join("");
  const picture = chance.pick([
    circle(400, 232, 74, spark) + `<path fill="${tone(0.8)}" d="M276 306V262L340 214 400 270 452 232 524 288V306Z"/>`,
    `<path fill="${spark}" d="M276 306V250h44v56ZM344 306V196h44v110ZM412 306V226h44v80Z"/><path fill="${tone(0.5)}" d="M480 306V166h44v140Z"/>`,
    `<path fill="${spark}" d="M276 160H400V306H276Z"/><path fill="${tone(0.55)}" d="M400 160A124 146 0 0 1 524 306H400Z"/>`,
  ]);
  const heading = `<path stroke="${tone(0.85)}" stroke-width="16" d="M276 124h${chance.whole(90, 170)}"/>`;
  return (
    gradient("s", tone(dark ? 1 : 0.18), tone(dark ? 0.7 : 0.5), 'x2="1" y2="1"') +
    backdrop("url(#s)") +
    page(tilt * 2, tone(dark ? 0.45 : 0.85), "") +
    page(tilt, mix(spark, tone(0), 0.12), "") +
    page(
      -tilt / 2,
      tone(0),
      heading + picture + `<path stroke="${tone(0.3)}" stroke-width="9" stroke-linecap="round" d="${text}"/>`,
    )
  );
}
