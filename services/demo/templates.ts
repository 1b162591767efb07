import type { ZipEntry } from "./zip.ts";

/** Code that the demo shop sells: paper for a one-person business, a small site, a few shaders. */

const PAPER_CSS = `@page { size: A4; margin: 22mm 20mm; }
:root { --ink: #1d2530; --quiet: #6c7683; --line: #d9dee4; --mark: #b4532a; }
* { box-sizing: border-box; }
body { max-width: 170mm; margin: 0 auto; color: var(--ink); font: 10.5pt/1.5 Georgia, serif; }
header { display: flex; justify-content: space-between; margin-bottom: 16mm; }
h1 { margin: 0; color: var(--mark); font-size: 20pt; font-weight: normal; }
address { font-style: normal; white-space: pre-line; }
.quiet { color: var(--quiet); font-size: 9pt; }
table { width: 100%; margin: 8mm 0; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { color: var(--quiet); font-size: 9pt; font-weight: normal; text-align: left; }
th, td { padding: 2mm 0; border-bottom: 0.3mm solid var(--line); }
th:not(:first-child), td:not(:first-child) { text-align: right; }
tfoot td { border: 0; font-weight: bold; }
`;

const paper = (title: string, body: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<link rel="stylesheet" href="paper.css">
<header>
  <h1>${title}</h1>
  <address class="quiet">Your Name
12 Your Street, Your Town
you@example.org</address>
</header>
${body}
<footer class="quiet">Change the words, print to PDF, done.</footer>
</html>
`;

const LINES = `<table>
  <thead><tr><th>What</th><th>Hours</th><th>Rate</th><th>Amount</th></tr></thead>
  <tbody>
    <tr><td>Drawings, first round</td><td>12</td><td>60.00</td><td>720.00</td></tr>
    <tr><td>Corrections</td><td>3</td><td>60.00</td><td>180.00</td></tr>
  </tbody>
  <tfoot><tr><td>Total</td><td></td><td></td><td>€900.00</td></tr></tfoot>
</table>`;

export const plainPapers: ZipEntry[] = [
  { name: "paper.css", data: PAPER_CSS },
  {
    name: "invoice.html",
    data: paper("Invoice 2026-014", `<p>For: A Customer Ltd.<br>Due within 14 days, please.</p>\n${LINES}`),
  },
  { name: "quote.html", data: paper("Quote", `<p>Good for thirty days.</p>\n${LINES}`) },
  {
    name: "letter.html",
    data: paper("Letter", "<p>Dear reader,</p>\n<p>one clear paragraph does more than three.</p>\n<p>Yours,</p>"),
  },
  {
    name: "README.txt",
    data: "Open a page in any browser, change the words, print to PDF.\nColours and margins are the first three lines of paper.css.\n",
  },
];

export const firstPage: ZipEntry[] = [
  {
    name: "first-page/index.html",
    data: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your name</title>
<link rel="stylesheet" href="style.css">
<main>
  <h1>Hello, I am <em>your name</em>.</h1>
  <p>I make this and that. Here are three things I am proud of.</p>
  <ol>
    <li><a href="one.html">The first thing</a> <span>2026</span></li>
    <li><a href="two.html">The second thing</a> <span>2025</span></li>
    <li><a href="three.html">The third thing</a> <span>2023</span></li>
  </ol>
  <p>Write to <a href="mailto:you@example.org">you@example.org</a>.</p>
</main>
</html>
`,
  },
  {
    name: "first-page/style.css",
    data: `:root { color-scheme: light dark; --paper: light-dark(#fbf8f3, #16181d); --ink: light-dark(#22252b, #e9e6e0); --mark: light-dark(#a8401f, #ffa585); }
body { display: grid; min-height: 100vh; margin: 0; place-content: center; background: var(--paper); color: var(--ink); font: 1.15rem/1.6 system-ui, sans-serif; }
main { max-width: 36rem; padding: 2rem; }
h1 { font-size: clamp(2rem, 6vw, 3.4rem); font-weight: 600; letter-spacing: -0.03em; line-height: 1.1; }
em { color: var(--mark); font-style: normal; }
a { color: inherit; text-decoration-color: var(--mark); text-underline-offset: 0.2em; }
li { padding: 0.4rem 0; }
li span { float: right; opacity: 0.6; font-variant-numeric: tabular-nums; }
`,
  },
  {
    name: "first-page/README.md",
    data: "# First Page\n\nTwo files and no build step. Put the folder on any web server.\n",
  },
];

const SKETCHES: [name: string, about: string, colour: string][] = [
  [
    "01-dawn",
    "A sky from one line.",
    "mix(vec3(.98, .62, .42), vec3(.12, .16, .36), uv.y + .04 * sin(uv.x * 9. + time))",
  ],
  [
    "02-rings",
    "Rain on a pond.",
    "vec3(.1, .3, .4) + .25 * sin(60. * length(uv - .5) - 4. * time) * exp(-5. * length(uv - .5))",
  ],
  [
    "03-weave",
    "Two sines make a cloth.",
    "mix(vec3(.9, .86, .78), vec3(.24, .35, .3), step(0., sin(uv.x * 80.) * sin(uv.y * 80.)))",
  ],
  ["04-embers", "Noise that glows.", "vec3(1., .4, .1) * pow(noise(uv * 9. + vec2(0., -time)), 3.) * 3."],
  [
    "05-contours",
    "A map of nowhere.",
    "vec3(.95, .93, .88) - smoothstep(.06, .0, abs(fract(noise(uv * 4. + .1 * time) * 9.) - .5)) * .6",
  ],
  [
    "06-aurora",
    "For cold nights.",
    "vec3(.1, .9, .6) * pow(noise(vec2(uv.x * 4., time * .2)), 2.) * exp(-3. * abs(uv.y - .6)) + vec3(.02, .03, .09)",
  ],
];

export const shaderSketches: ZipEntry[] = SKETCHES.map(([name, about, colour]) => ({
  name: `${name}.frag`,
  data: `#version 300 es
// ${about}
precision highp float;
uniform vec2 resolution;
uniform float time;
out vec4 pixel;

float hash(vec2 p) { return fract(sin(dot(p, vec2(41.3, 289.1))) * 43758.5453); }

float noise(vec2 p) {
  vec2 i = floor(p), f = fract(p);
  f = f * f * (3. - 2. * f);
  return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + 1.), f.x), f.y);
}

void main() {
  vec2 uv = gl_FragCoord.xy / resolution;
  pixel = vec4(${colour}, 1.);
}
`,
}));
