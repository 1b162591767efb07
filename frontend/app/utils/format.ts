import type { Language } from "./words.ts";
import type { Sum } from "./types.ts";

/** English as it is written where prices are in euros, with the day before the month. */
const LOCALES: Record<Language, string> = { en: "en-IE", de: "de-DE" };
// UTC on both sides: a reader's own zone is unknown while the server renders, and the two must agree.
const timeZone = "UTC";

export interface Format {
  /** "€1,234.50", "1.234,50 €" */
  money(sum: Sum): string;
  number(value: number): string;
  percent(share: number): string;
  /** "23 Nov 2026" */
  day(iso: string): string;
  /** "23 Nov" */
  shortDay(iso: string): string;
  /** "23 Nov 2026, 12:00 UTC" */
  moment(iso: string): string;
  /** "23 Nov, 12:00:00.042": for what follows one another closely. */
  precise(iso: string): string;
}

function formatOf(locale: string): Format {
  const euros = new Intl.NumberFormat(locale, { style: "currency", currency: "EUR" });
  const numbers = new Intl.NumberFormat(locale);
  const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone });
  const shortDays = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone });
  const precise = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    timeZone,
  });
  return {
    money: ({ amount }) => euros.format(amount / 100),
    number: (value) => numbers.format(value),
    percent: (share) => percents.format(share),
    day: (iso) => days.format(Date.parse(iso)),
    shortDay: (iso) => shortDays.format(Date.parse(iso)),
    moment: (iso) => `${moments.format(Date.parse(iso))} ${timeZone}`,
    precise: (iso) => precise.format(Date.parse(iso)),
  };
}

const made = new Map<Language, Format>();

/** How a language writes money, numbers and dates; made once each, since Intl is slow to make. */
export function formatIn(language: Language): Format {
  const format = made.get(language) ?? formatOf(LOCALES[language]);
  made.set(language, format);
  return format;
}
