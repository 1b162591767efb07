import type { LibraryRow, Listing, Order } from "~/utils/types";

const PAGE_SIZE = 100;
const MOST_PAGES = 20;

/** The copies that an order brought, once it is fulfilled. The library has no filter by order, so its pages are read until all are found. */
export function useGoods(order: () => Order) {
  const { $api } = useNuxtApp();

  async function read(): Promise<LibraryRow[]> {
    const { id, lines, status } = order();
    if (!["fulfilled", "refunding", "refunded"].includes(status)) return [];
    const expected = lines.reduce((sum, line) => sum + (line.kind === "unlimited" ? 1 : line.quantity), 0);
    const found: LibraryRow[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const { rows, total } = await $api<Listing<LibraryRow>>("/library", { query: { page, pageSize: PAGE_SIZE } });
      found.push(...rows.filter((row) => row.orderId === id));
      if (found.length >= expected || page * PAGE_SIZE >= total) break;
    }
    return found;
  }

  const { data, error, refresh } = useAsyncData(`goods:${order().id}`, read, { default: () => [] as LibraryRow[] });
  watch(
    () => order().status,
    () => refresh(),
  );
  return { rows: data, failed: computed(() => (error.value ? failureWords(error.value) : "")), load: () => refresh() };
}
