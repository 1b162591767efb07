import { CURRENCY, type Lang } from "../schemas.ts";

/** How a language writes money and time. Nobody knows where a letter is read, so moments are in UTC and say so. */
export interface Format {
  /** Minor units. */
  money(amount: number): string;
  /** ms since the epoch. */
  day(at: number): string;
  moment(at: number): string;
}

const LOCALES: Record<Lang, string> = { en: "en-IE", de: "de-DE" };

export function formatIn(lang: Lang): Format {
  const locale = LOCALES[lang];
  const euros = new Intl.NumberFormat(locale, { style: "currency", currency: CURRENCY });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  return {
    money: (amount) => euros.format(amount / 100),
    day: (at) => days.format(at),
    moment: (at) => `${moments.format(at)} UTC`,
  };
}
