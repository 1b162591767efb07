import { describe, expect, test } from "@jest/globals";
import { KINDS } from "../schemas.ts";
import { drawCover } from "./cover.ts";

const TITLES = [
  "Azulejo Eight, a pixel typeface",
  "Rain, a field recording",
  "An e-book",
  "A vase, printable model",
  "A game about planets",
  "Wave patterns",
  "Invoice templates",
  "Studio licence",
  "Sea posters",
  "Paper weather",
  "Colour tiles",
  "Untitled",
];
const HOSTILE = [
  `</svg><script>alert(1)</script> typeface`,
  `<<<&&& "typeface" '`,
  `"><image href="https://evil.example/x.png"/> font`,
  `& typeface &`,
  `]]> typeface`,
  "\u0000\u0008\ud800 font",
  "😀🏳️‍🌈 font",
  "ßtraße font",
  "حروف font",
  "",
];
const hostileCover = (title: string) => drawCover({ id: "h", title, kind: "unlimited" });
const covers = TITLES.flatMap((title) =>
  KINDS.flatMap((kind) => Array.from({ length: 12 }, (_, i) => drawCover({ id: `${kind}-${i}`, title, kind }))),
);

/** Holds a text to XML's rules as far as we use them: nesting, quoted attributes, no bare `<`, `&` or control characters. */
function faultOf(xml: string): string | undefined {
  const open: string[] = [];
  let depthOfRoots = 0;
  const rest = xml.replace(
    /<(\/?)([A-Za-z]+)((?: [A-Za-z][\w:-]*="[^"<]*")*)(\/?)>/g,
    (_, closing, name, attributes, empty) => {
      const names = [...attributes.matchAll(/ ([\w:-]+)=/g)].map((match) => match[1]);
      if (new Set(names).size < names.length) open.push(`twice the same attribute in ${name}`);
      if (!open.length) depthOfRoots++;
      if (closing) return open.pop() === name ? "" : "<";
      if (!empty) open.push(name);
      return "";
    },
  );
  if (open.length) return `left open: ${open}`;
  if (depthOfRoots !== 1) return `${depthOfRoots} roots`;
  if (/[<>\p{Cc}\p{Cs}]/u.test(rest)) return `stray text: ${rest}`;
  if (/&(?!amp;|lt;|gt;|quot;)/.test(xml)) return "a bare ampersand";
  return undefined;
}

describe("drawCover", () => {
  test("draws the same picture for the same item, for ever", () => {
    const item = { id: "abcdefghijklmnopqrstuvwxyz", title: "Serra at First Light", kind: "edition" } as const;
    expect(drawCover(item)).toBe(drawCover({ ...item }));
  });

  test("draws another picture for another id", () => {
    for (const title of TITLES) {
      const drawn = Array.from({ length: 60 }, (_, i) => drawCover({ id: `id-${i}`, title, kind: "unlimited" }));
      expect(new Set(drawn).size).toBe(drawn.length);
    }
  });

  test("is well-formed SVG, whatever the motif", () => {
    for (const svg of covers) {
      expect(faultOf(svg)).toBeUndefined();
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 800 600"/);
      expect(svg).not.toMatch(/NaN|undefined|null|Infinity/);
    }
  });

  test("stays small", () => {
    for (const svg of covers) expect(Buffer.byteLength(svg)).toBeLessThan(5_000);
  });

  test("runs nothing and refers to nothing outside of itself", () => {
    for (const svg of [...covers, ...HOSTILE.map(hostileCover)]) {
      expect(svg).not.toMatch(/<(script|foreignObject|image|a|style|iframe|set|animate)\b/i);
      expect(svg).not.toMatch(/\son\w+=|style=|javascript:|data:/i);
      for (const [, target] of svg.matchAll(/(?:href="|url\()([^")]*)/g)) expect(target).toMatch(/^#\w+$/);
      for (const [, id] of svg.matchAll(/(?:href="|url\()#(\w+)/g)) expect(svg).toContain(`id="${id}"`);
    }
  });

  test.each(HOSTILE)("of a hostile title takes one letter at most: %j", (title) => {
    const svg = hostileCover(title);
    expect(faultOf(svg)).toBeUndefined();
    for (const [, glyph] of svg.matchAll(/<text[^>]*>(.*?)<\/text>/g))
      expect(glyph).toMatch(/^([\p{L}\p{N}]{1,3}|&amp;)$/u);
  });

  test("takes its motif from the words: a typeface shows its letter", () => {
    expect(drawCover({ id: "x", title: "quiet typeface", kind: "unlimited" })).toMatch(/<text[^>]*>Q<\/text>/);
    expect(drawCover({ id: "x", title: "quiet hills", kind: "unlimited" })).not.toContain("<text");
  });
});
