export interface Hold {
  order: string;
  item: string;
  title: string;
  expiresAt: string;
}

const KEPT = "holdfast.holds";

function read(): Hold[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? (kept as Hold[]) : [];
  } catch {
    return [];
  }
}

/** The holds this browser took and has not finished, so that a shopper who wanders off finds the way back to the checkout. */
export function useHolds() {
  const holds = useState<Hold[]>("holds", () => []);
  const now = useNow();

  function keep(all: Hold[]) {
    holds.value = all.filter((hold) => Date.parse(hold.expiresAt) > now.value);
    try {
      localStorage.setItem(KEPT, JSON.stringify(holds.value));
    } catch {
      // A browser that keeps nothing still shows the holds of this visit.
    }
  }

  return {
    /** Those with time left, the latest first. */
    open: computed(() => holds.value.filter((hold) => Date.parse(hold.expiresAt) > now.value)),
    /** The one of an item. */
    of: (item: string) => holds.value.find((hold) => hold.item === item && Date.parse(hold.expiresAt) > now.value),
    load: () => keep(read()),
    add: (hold: Hold) => keep([hold, ...read().filter((other) => other.order !== hold.order)]),
    clear: () => keep([]),
    drop: (order: string) => keep(read().filter((hold) => hold.order !== order)),
  };
}
