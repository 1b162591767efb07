/** Seven rows a glyph from the top, each a digit of base 32 whose five bits are pixels. */
const DRAWN: [characters: string, rows: string][] = [
  [` !"#&'()*+`, "0000000 4444404 aaa0000 aavavaa cik8lid c480000 2488842 8422248 04lel40 044v440"],
  [",-./:=?", "0000c48 000v000 00000cc 01248g0 0cc0cc0 00v0v00 eh12404"],
  ["0123456789", "ehjlphe 4c4444e eh1248v v2421he 26aiv22 vgu11he 68guhhe v124888 ehhehhe ehhf12c"],
  ["ABCDEFGHI", "ehhvhhh uhhuhhu ehggghe uhhhhhu vgguggv vgguggg ehgnhhe hhhvhhh e44444e"],
  ["JKLMNOPQR", "72222ic hikokih ggggggv hrllhhh hhpljhh ehhhhhe uhhuggg ehhhlid uhhukih"],
  ["STUVWXYZ", "fgge11u v444444 hhhhhhe hhhhha4 hhhllla hha4ahh hha4444 v1248gv"],
];

const GLYPHS = new Map(
  DRAWN.flatMap(([characters, drawn]) => {
    const glyphs = drawn.split(" ");
    return [...characters].map((character, i) => [character, [...glyphs[i]!].map((row) => parseInt(row, 32))] as const);
  }),
);

/** The typeface as a BDF file (Adobe's Glyph Bitmap Distribution Format 2.1), as font editors and terminals read it. */
export function bdf(name: string): string {
  const glyphs = [...GLYPHS].map(([character, rows]) => {
    const code = character.codePointAt(0)!;
    const bitmap = rows.map((row) => (row << 3).toString(16).toUpperCase().padStart(2, "0")).join("\n");
    return `STARTCHAR U+${code.toString(16).toUpperCase().padStart(4, "0")}
ENCODING ${code}
SWIDTH 750 0
DWIDTH 6 0
BBX 5 7 0 0
BITMAP
${bitmap}
ENDCHAR`;
  });
  return `STARTFONT 2.1
FONT -holdfast-${name}-Medium-R-Normal--8-80-75-75-C-60-ISO10646-1
SIZE 8 75 75
FONTBOUNDINGBOX 5 7 0 0
STARTPROPERTIES 2
FONT_ASCENT 7
FONT_DESCENT 1
ENDPROPERTIES
CHARS ${glyphs.length}
${glyphs.join("\n")}
ENDFONT
`;
}

/** Lines of text set in the typeface, a square a pixel. Characters that it lacks are left blank. */
export function pixelText(lines: string[], ink: string, paper: string): string {
  const square = 10;
  const wide = Math.max(...lines.map((line) => line.length)) * 6 + 3;
  const pixels = lines.flatMap((line, l) =>
    [...line].flatMap((character, c) =>
      (GLYPHS.get(character) ?? []).flatMap((row, y) =>
        [0, 1, 2, 3, 4]
          .filter((x) => row & (16 >> x))
          .map((x) => `M${(c * 6 + x + 2) * square} ${(l * 10 + y + 2) * square}h10v10h-10Z`),
      ),
    ),
  );
  const [width, height] = [wide * square, (lines.length * 10 + 1) * square];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><path fill="${paper}" d="M0 0H${width}V${height}H0Z"/><path fill="${ink}" d="${pixels.join("")}"/></svg>\n`;
}
