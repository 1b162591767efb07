import type { Item } from "~/utils/types";

interface Refused {
  available?: number;
  held?: number;
  nextAt?: string | null;
  limit?: number;
}

/**
 * Buying: the copy is taken from the shown stock at once, given back if the server says no, and the way leads to the
 * checkout if it says yes.
 */
export function usePurchase(item: Ref<Item | undefined>) {
  const { $f, $t, $shop } = useNuxtApp();
  const { say } = useToasts();
  const { place } = usePlacement();
  const busy = ref(false);
  // It stays busy while the checkout loads, so that a second press is not a second order.
  onPageReturn(() => {
    busy.value = false;
  });

  /** Puts the shown stock right and says why nothing was bought. */
  async function explain(error: unknown, shown: Item): Promise<void> {
    const { type, data } = failureOf(error);
    const refused = (data ?? {}) as Refused;
    if (type === "SOLD_OUT" && shown.stock) {
      shown.stock = { ...shown.stock, available: refused.available ?? 0, held: refused.held ?? shown.stock.held };
      shown.nextAt = refused.nextAt ?? null;
      say(refused.available ? $t.item.fewLeft(refused.available) : $t.failures.SOLD_OUT, "bad");
    } else if (type === "PRICE_CHANGED") {
      Object.assign(shown, await $shop("items.get", { id: shown.id }));
      say($t.item.priceChanged($f.money(shown.price)), "bad");
    } else if (type === "LIMIT_REACHED") {
      say($t.item.limit(refused.limit ?? shown.perBuyer ?? 1), "bad");
    } else say(type === "NOT_FOUND" ? $t.item.gone : failureWords(error, $t), "bad");
  }

  /** `email` is for guests. False when nothing was held. */
  async function buy(quantity: number, email?: string): Promise<boolean> {
    const shown = item.value;
    if (!shown || busy.value) return false;
    const before = { stock: shown.stock, nextAt: shown.nextAt };
    const total = { ...shown.price, amount: shown.price.amount * quantity };
    const guess = afterHold(shown.stock, quantity);
    busy.value = true;
    shown.stock = guess;
    try {
      const made = await place({ lines: [{ itemId: shown.id, quantity }], total, ...(email && { email }) });
      await navigateTo(`/checkout/${made.id}`);
      return true;
    } catch (error) {
      busy.value = false;
      // What the live stream told meanwhile is newer than what was there before.
      if (toRaw(shown.stock) === guess) Object.assign(shown, before);
      if (failureOf(error).type === "SIGN_IN_REQUIRED") throw error;
      await explain(error, shown);
      return false;
    }
  }

  return { busy, buy };
}
