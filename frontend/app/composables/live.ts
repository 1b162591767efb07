import type { LiveEvent, OrderChange, StockChange, Topics } from "~/utils/live-stream";
import { LiveTabs } from "~/utils/live-tabs";
import { union } from "~/utils/live-stream";
import type { Item, SalesRow } from "~/utils/types";

interface Listener {
  stock?: (change: StockChange) => void;
  order?: (change: OrderChange) => void;
  sale?: (row: SalesRow) => void;
}

const listeners = new Set<Listener>();
const wants = new Map<Listener, Topics>();
let tabs: LiveTabs | undefined;

function hear(event: LiveEvent): void {
  if (event.type === "hello") learnServerTime(event.data.now);
  else for (const listener of listeners) listener[event.type]?.(event.data as never);
}

function announce(): void {
  tabs ??= new LiveTabs(hear);
  tabs.want(union(wants.values()));
}

/** Hears changes of these topics while the component is mounted, beginning with their present state. */
export function useLive(topics: () => Partial<Topics>, listener: Listener): void {
  onMounted(() => {
    listeners.add(listener);
    watch(
      topics,
      (wanted) => {
        wants.set(listener, { items: [], orders: [], sales: false, ...wanted });
        announce();
      },
      { immediate: true },
    );
  });
  onBeforeUnmount(() => {
    listeners.delete(listener);
    if (wants.delete(listener)) announce();
  });
}

/** Writes live stock into items that are shown. */
export function useLiveStock(items: () => Pick<Item, "id" | "stock" | "nextAt">[]): void {
  useLive(() => ({ items: items().map((item) => item.id) }), {
    stock({ itemId, nextAt, total, available, held, sold }) {
      const item = items().find((shown) => shown.id === itemId);
      if (item?.stock) Object.assign(item, { nextAt, stock: { total, available, held, sold } });
    },
  });
}
