/** A column. Where the screen is too narrow, one that may be is cut or wrapped; the others (ids above all) stay whole. */
export interface Column {
  title: string;
  align?: "left" | "right";
  narrow?: "cut" | "wrap";
}

const GAP = "  ";
/** A column that gives way keeps so many characters, though the line be too long then. */
const LEAST = 12;

/** What a seller or a stranger wrote must not move the cursor, colour the screen or forge a line. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();

/** Text of several lines, likewise. */
export const harmless = (text: string): string => text.replace(/[^\P{Cc}\n]/gu, " ");

const lengthOf = (text: string) => [...text].length;

/** The text in so many characters, "…" at its end where something was cut. */
const cut = (text: string, most: number): string =>
  lengthOf(text) <= most ? text : `${[...text].slice(0, most - 1).join("")}…`;

/** The text in lines of so many characters; a word that is longer stays whole. */
function wrap(text: string, most: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (!line) lines[lines.length - 1] = word;
    else if (lengthOf(line) + 1 + lengthOf(word) <= most) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A table within `width` characters. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const cells = rows.map((row) => row.map(plain));
  const widths = fitted(columns, cells, width);
  const line = (row: readonly string[]) =>
    columns
      .map(({ align }, n) => {
        const pad = " ".repeat(Math.max(0, widths[n]! - lengthOf(row[n]!)));
        return align === "right" ? pad + row[n]! : row[n]! + pad;
      })
      .join(GAP)
      .trimEnd();
  const lines = (row: readonly string[]) => {
    const parts = columns.map(({ narrow }, n) => {
      const text = row[n] ?? "";
      return narrow === "wrap" ? wrap(text, widths[n]!) : [narrow === "cut" ? cut(text, widths[n]!) : text];
    });
    const height = Math.max(...parts.map(({ length }) => length));
    return Array.from({ length: height }, (_, n) => line(parts.map((part) => part[n] ?? "")));
  };
  return [columns.map(({ title }) => title.toUpperCase()), ...cells].flatMap(lines).join("\n");
}

/** How wide each column is: as its widest cell, but for those that give way. */
function fitted(columns: readonly Column[], cells: string[][], width: number): number[] {
  const widths = columns.map(({ title }, n) =>
    Math.max(lengthOf(title), ...cells.map((row) => lengthOf(row[n] ?? ""))),
  );
  let over = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length) - width;
  // The widest first: a long title gives way before a short reason does.
  const yielding = columns.flatMap(({ narrow }, n) => (narrow ? [n] : [])).sort((a, b) => widths[b]! - widths[a]!);
  for (const n of yielding) {
    const given = Math.min(Math.max(over, 0), Math.max(0, widths[n]! - LEAST));
    widths[n]! -= given;
    over -= given;
  }
  return widths;
}
