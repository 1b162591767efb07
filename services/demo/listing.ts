import { zip, type ZipEntry } from "./zip.ts";

export interface GoodsFile {
  filename: string;
  type: string;
  bytes: Buffer;
}

/** An item of the demo catalogue. Keys and files are made when they are asked for, the same ones every time. */
export type Listing = {
  title: string;
  /** Cents. */
  price: number;
  perBuyer?: number;
  description: string;
} & (
  | { kind: "unlimited" | "unique"; files: () => GoodsFile[] }
  | { kind: "edition"; stock: number; files: () => GoodsFile[] }
  | { kind: "keys"; keys: () => string[] }
);

export const file = (filename: string, type: string, content: Buffer | string): GoodsFile => ({
  filename,
  type,
  bytes: Buffer.from(content),
});

export const archive = (filename: string, entries: ZipEntry[]): GoodsFile[] => [
  file(filename, "application/zip", zip(entries)),
];

/** Markdown as it is wrapped in this source: indentation goes, and the lines of a paragraph become one. */
export const markdown = ([text]: TemplateStringsArray): string =>
  text!
    .trim()
    .replace(/\n +/g, "\n")
    .replace(/([^\n])\n(?![\n-])/g, "$1 ");
