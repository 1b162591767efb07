import type { Language } from "~/utils/words";

const YEAR_S = 31_536_000;

/** The language of the page, and the way to another: a cookie for the gateway, and the page anew. */
export function useLanguage() {
  const { $language } = useNuxtApp();
  function speak(language: Language) {
    document.cookie = `lang=${language}; path=/; max-age=${YEAR_S}; samesite=lax`;
    location.reload();
  }
  return { language: $language as Language, speak };
}
