import { groupsOf, readBasket, withItem, type BasketLine, type Basketed } from "~/utils/basket";

const KEPT = "holdfast.basket";

/** The browser's memory, or nothing where it keeps none. */
function kept(): BasketLine[] | undefined {
  try {
    return readBasket(localStorage.getItem(KEPT));
  } catch {
    return undefined;
  }
}

/**
 * What somebody means to buy: kept by this browser, the same in all its tabs, and nobody's promise until an order holds it.
 * Empty until the page is hydrated, since the server knows of no basket.
 */
export function useBasket() {
  const lines = useState<BasketLine[]>("basket", () => []);
  /** Has the browser been asked yet? Until then it may be anything but empty. */
  const loaded = useState("basket-loaded", () => false);

  /** Another tab may have changed it a moment ago: every change begins with what is kept. */
  function change(how: (lines: BasketLine[]) => BasketLine[]): void {
    lines.value = how(kept() ?? lines.value);
    try {
      localStorage.setItem(KEPT, JSON.stringify(lines.value));
    } catch {
      // A browser that keeps nothing has a basket for this visit.
    }
  }

  /** So many copies more. False when the seller's order is full: it holds ten different items. */
  function add(item: Basketed, quantity = 1): boolean {
    const more = withItem(kept() ?? lines.value, item, quantity);
    if (more) change(() => more);
    return more !== undefined;
  }

  /** What is known anew of a line: its price, say. */
  const learn = (itemId: string, known: Partial<Omit<BasketLine, "itemId">>) =>
    change((all) => all.map((line) => (line.itemId === itemId ? { ...line, ...known } : line)));

  return {
    lines,
    groups: computed(() => groupsOf(lines.value)),
    /** All copies together. */
    count: computed(() => lines.value.reduce((sum, line) => sum + line.quantity, 0)),
    add,
    set: (itemId: string, quantity: number) => learn(itemId, { quantity }),
    learn,
    remove: (...itemIds: string[]) => change((all) => all.filter((line) => !itemIds.includes(line.itemId))),
    loaded,
    load: () => {
      lines.value = kept() ?? lines.value;
      loaded.value = true;
    },
  };
}
