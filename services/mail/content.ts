import type { Static } from "typebox";
import type { Format } from "./format.ts";
import type { LetterData } from "./mail.contract.ts";

/** An order as its buyer is told of it; money in minor units, `at` in ms. */
export interface Bought {
  lines: { title: string; quantity: number; unitPrice: number }[];
  total: number;
  seller: string;
  at: number;
  link: string;
  /** The link opens the order for whoever has it. */
  guest: boolean;
}

/** What each template is told. */
export type Told = { [T in keyof typeof LetterData]: Static<(typeof LetterData)[T]> } & {
  receipt: Bought;
  refund: Bought;
  /** To a seller: so many copies are `left`. */
  low: { title: string; left: number; link: string };
};
export type Template = keyof Told;

/** A line of a table. */
export interface Row {
  label: string;
  value: string;
  href?: string;
  strong?: boolean;
}

/** What a letter says, in plain words; the layout makes HTML and text of it. */
export interface Content {
  subject: string;
  paragraphs: string[];
  rows?: Row[];
  button?: { label: string; href: string };
  /** In small print. */
  notes?: string[];
}

/** A language: what each template says in it. */
export type Words = { [T in Template]: (told: Told[T], format: Format) => Content };

/** Titles are anybody's: none breaks a line, or a header. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, " ").trim();

/** The lines of an order, what was taken off, and the sum. */
export function tableOf(
  { lines, total }: Bought,
  { money }: Format,
  words: { discount: string; total: string },
): Row[] {
  const full = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  return [
    ...lines.map(({ title, quantity, unitPrice }) => ({
      label: quantity > 1 ? `${quantity} × ${title}` : title,
      value: money(quantity * unitPrice),
    })),
    ...(full > total ? [{ label: words.discount, value: money(total - full) }] : []),
    { label: words.total, value: money(total), strong: true },
  ];
}
