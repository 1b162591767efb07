import type { Item } from "~/utils/types";

/** What the shop knows of one item in the basket: null when it is no longer to be had, "silent" when nobody answered. */
export type Known = Item | null | "silent";

/** The items in the basket as they are now, by id, their stock live. What is not there was not answered yet. */
export function useBasketItems() {
  const { $shop } = useNuxtApp();
  const { lines } = useBasket();
  const known = ref<Record<string, Known>>({});

  async function look(id: string): Promise<void> {
    try {
      known.value[id] = await $shop("items.get", { id });
    } catch (error) {
      known.value[id] = failureOf(error).status === 404 ? null : "silent";
    }
  }
  const items = () => Object.values(known.value).filter((item): item is Item => item !== null && item !== "silent");

  onMounted(() => {
    const asked = new Set<string>();
    function lookAll() {
      for (const { itemId } of lines.value) if (!asked.has(itemId)) void look(itemId);
      for (const { itemId } of lines.value) asked.add(itemId);
    }
    watch(lines, lookAll, { immediate: true });
  });
  useLiveStock(items);
  return { known, look };
}
