import type { LibraryRow, Order } from "~/utils/types";

const PAGE_SIZE = 100;
const MOST_PAGES = 20;

/**
 * The copies that an order brought, once it is fulfilled. The library has no filter by order, so its pages are read until
 * all are found. Await `loaded`, so that a page comes with its goods and does not jump.
 */
export function useGoods(order: () => Order) {
  const { $t, $shop } = useNuxtApp();

  async function read(): Promise<LibraryRow[]> {
    const { id, lines, status } = order();
    if (!["fulfilled", "refunding", "refunded"].includes(status)) return [];
    const expected = lines.reduce((sum, line) => sum + (line.kind === "unlimited" ? 1 : line.quantity), 0);
    const found: LibraryRow[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const { rows, total } = await $shop("delivery.library", { page, pageSize: PAGE_SIZE });
      found.push(...rows.filter((row) => row.orderId === id));
      if (found.length >= expected || page * PAGE_SIZE >= total) break;
    }
    const place = (row: LibraryRow) => lines.findIndex(({ itemId }) => itemId === row.itemId);
    return found.sort((a, b) => place(a) - place(b) || (a.serial ?? 0) - (b.serial ?? 0));
  }

  const request = useAsyncData(`goods:${order().id}`, read, { default: () => [] as LibraryRow[] });
  const { data, error, refresh } = request;
  watch(
    () => order().status,
    () => refresh(),
  );
  const failed = computed(() => (error.value ? failureWords(error.value, $t) : ""));
  return { rows: data, failed, load: () => refresh(), loaded: request.then(() => {}) };
}
