import type { Lang } from "../schemas.ts";
import { oneLine, type Template, type Told, type Words } from "./content.ts";
import { formatIn } from "./format.ts";
import { asHtml, asText } from "./layout.ts";
import type { Letter } from "./message.ts";
import { de } from "./words.de.ts";
import { en } from "./words.en.ts";

const languages: Record<Lang, Words> = { en, de };

/** Writes a letter. `shop` is the shop's address. */
export function compose<T extends Template>(template: T, lang: Lang, told: Told[T], shop: string): Omit<Letter, "to"> {
  const content = languages[lang][template](told, formatIn(lang));
  return { subject: oneLine(content.subject), text: asText(content, shop), html: asHtml(content, shop, lang) };
}
