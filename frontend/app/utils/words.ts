import type { Area, Words } from "../messages/index.ts";

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];
export const languageOf = (text: string | null | undefined): Language => LANGUAGES.find((one) => one === text) ?? "en";

/** The words of the whole shop are `common`; those of an area are fetched when somebody goes there. */
const files: { [L in Language]: { [A in Area]: () => Promise<{ default: Words[A] }> } } = {
  en: {
    common: () => import("../messages/en/index.ts"),
    sell: () => import("../messages/en/sell.ts"),
    admin: () => import("../messages/en/admin.ts"),
    legal: () => import("../messages/en/legal.ts"),
  },
  de: {
    common: () => import("../messages/de/index.ts"),
    sell: () => import("../messages/de/sell.ts"),
    admin: () => import("../messages/de/admin.ts"),
    legal: () => import("../messages/de/legal.ts"),
  },
};

export const loadWords = async <A extends Area>(language: Language, area: A): Promise<Words[A]> =>
  (await files[language][area]()).default;

/** The area whose words a path needs beside the common ones. */
export const areaOf = (path: string): Exclude<Area, "common"> | undefined =>
  (["sell", "admin", "legal"] as const).find((area) => path === `/${area}` || path.startsWith(`/${area}/`));
