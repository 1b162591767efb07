/** The whole list comes in one page for nearly everybody. */
const MOST = 100;

/** The wish list of who is signed in, by item; known once it was asked for, and changed before the shop has answered. */
export function useWishes() {
  const ids = useState<string[]>("wishes", () => []);
  const { $shop, $t } = useNuxtApp();
  const { say } = useToasts();
  const { user, ready } = useSession();
  const route = useRoute();

  const wished = (itemId: string) => ids.value.includes(itemId);
  function mark(itemId: string, on: boolean) {
    ids.value = on ? [itemId, ...ids.value] : ids.value.filter((id) => id !== itemId);
  }

  /** Asks the shop, for whoever is signed in; the wish list's page has their items. */
  async function load() {
    if (!(await ready())) return [];
    const { rows } = await $shop("wishlist.list", { pageSize: MOST });
    ids.value = rows.map(({ id }) => id);
    return rows;
  }

  /** Guests are shown the way in. */
  async function toggle(itemId: string): Promise<void> {
    if (!(await ready())) return void (await navigateTo({ path: "/login", query: { to: route.fullPath } }));
    const on = !wished(itemId);
    mark(itemId, on);
    try {
      await $shop(on ? "wishlist.add" : "wishlist.remove", { itemId });
      say(on ? $t.wishes.added : $t.wishes.removed);
    } catch (error) {
      mark(itemId, !on);
      const { type, data } = failureOf(error);
      const limit = (data as { limit?: number } | undefined)?.limit;
      say(type === "LIMIT_REACHED" && limit ? $t.wishes.full(limit) : failureWords(error, $t), "bad");
    }
  }

  return { user, wished, toggle, load };
}
