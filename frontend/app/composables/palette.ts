import type { Component } from "vue";
import IconItem from "~icons/lucide/package";
import IconPlace from "~icons/lucide/arrow-right";
import IconSearch from "~icons/lucide/search";
import IconSwitch from "~icons/lucide/settings-2";
import type { CardItem } from "~/utils/cards";
import { LANGUAGES } from "~/utils/words";

export interface Command {
  id: string;
  label: string;
  note: string;
  icon: Component;
  run: () => unknown;
}

/** How long a person pauses before the shop is asked, ms. */
const PAUSE_MS = 150;
const MOST_ITEMS = 6;

/** What the palette offers for a text: a search, items that fit, pages, and switches. */
export function usePalette(text: Ref<string>) {
  const { $t, $f, $shop } = useNuxtApp();
  const { user } = useSession();
  const { language, speak } = useLanguage();
  const { show } = useDialogs();
  const found = ref<CardItem[]>([]);
  const wanted = computed(() => text.value.trim());

  let timer: ReturnType<typeof setTimeout> | undefined;
  async function ask(q: string) {
    const list = await $shop("items.search", { q, pageSize: MOST_ITEMS }).catch(() => undefined);
    if (q === wanted.value) found.value = (list?.rows ?? []).map(cardOf);
  }
  watch(wanted, (q) => {
    clearTimeout(timer);
    if (q) timer = setTimeout(() => void ask(q), PAUSE_MS);
    else found.value = [];
  });
  onScopeDispose(() => clearTimeout(timer));

  const place = (to: string, label: string): Command => ({
    id: to,
    label,
    note: $t.palette.page,
    icon: IconPlace,
    run: () => navigateTo(to),
  });
  const fixed = computed<Command[]>(() => [
    place("/", $t.palette.home),
    place("/search", $t.site.browse),
    place("/basket", $t.site.basket(0)),
    place("/wishlist", $t.site.wishlist),
    place("/library", $t.site.library),
    place("/orders", $t.site.orders),
    place("/find", $t.site.findOrder),
    place("/sell", $t.site.studio),
    ...(user.value
      ? [place("/account", $t.site.settings), place("/account/sessions", $t.site.sessions)]
      : [place("/login", $t.site.signIn)]),
    ...(user.value?.roles.includes("admin") ? [place("/admin", $t.site.admin)] : []),
    { id: "theme", label: $t.site.theme, note: $t.palette.setting, icon: IconSwitch, run: flipTheme },
    ...LANGUAGES.filter((one) => one !== language).map((one) => ({
      id: one,
      label: $t.palette.speak[one],
      note: $t.palette.setting,
      icon: IconSwitch,
      run: () => speak(one),
    })),
    { id: "keys", label: $t.site.shortcuts, note: $t.palette.help, icon: IconSwitch, run: () => show("shortcuts") },
  ]);

  const commands = computed<Command[]>(() => {
    const q = wanted.value;
    if (!q) return fixed.value;
    const words = q.toLowerCase().split(/\s+/);
    const fitting = fixed.value.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
    const items = found.value.map(({ id, title, price }) => ({
      id,
      label: title,
      note: $f.money(price),
      icon: IconItem,
      run: () => navigateTo(`/p/${id}`),
    }));
    const search = {
      id: "search",
      label: $t.palette.search(q),
      note: "",
      icon: IconSearch,
      run: () => navigateTo(searchLink(nothingAsked, { q })),
    };
    return [...fitting, ...items, search];
  });
  return { commands };
}
