import type { Words } from "~/messages/index.ts";
import { formatIn } from "~/utils/format";
import { areaOf, languageOf, loadWords, type Language } from "~/utils/words";

type Said = Words["common"] & { sell: Words["sell"]; admin: Words["admin"]; legal: Words["legal"] };

/**
 * `$t`, the words of the reader's language, and `$f`, its way to write money and dates. The gateway decides the language
 * and says so in `x-lang`; the browser takes it from the page that it got, and so do all pages after it.
 */
export default defineNuxtPlugin({
  name: "words",
  async setup() {
    const asked = import.meta.server ? useRequestHeaders(["x-lang"])["x-lang"] : document.documentElement.lang;
    const language: Language = languageOf(asked);
    const said = { ...(await loadWords(language, "common")) } as Said;
    async function prepare(path: string) {
      const area = areaOf(path);
      if (area) said[area] ??= (await loadWords(language, area)) as never;
    }
    await prepare(import.meta.server ? useRequestURL().pathname : location.pathname);
    addRouteMiddleware("words", (to) => prepare(to.path), { global: true });
    useHead({ htmlAttrs: { lang: language } });
    return { provide: { t: said, f: formatIn(language), language } };
  },
});
