import type { Item, Order } from "~/utils/types";
import type { Params } from "~/utils/routes";
import { uuid } from "~/utils/uuid";

interface Refused {
  available?: number;
  held?: number;
  nextAt?: string | null;
  limit?: number;
}

const TRIES = 5;
const PAUSE_MS = 1000;

/**
 * Buying: the copy is taken from the shown stock at once, given back if the server says no, and the way leads to the
 * checkout if it says yes. An answer that got lost is asked for again under the same key, so one press is one order.
 */
export function usePurchase(item: Ref<Item | undefined>) {
  const { $f, $t, $shop } = useNuxtApp();
  const { say } = useToasts();
  const holds = useHolds();
  const busy = ref(false);
  let pending = { body: "", key: "" };
  // It stays busy while the checkout loads, so that a second press is not a second order.
  onPageReturn(() => {
    busy.value = false;
  });

  function keyFor(body: object): string {
    const text = JSON.stringify(body);
    if (pending.body !== text) pending = { body: text, key: uuid() };
    return pending.key;
  }

  async function order(body: Params<"orders.create">, left = TRIES): Promise<Order> {
    try {
      return await $shop("orders.create", { ...body, idempotencyKey: keyFor(body) });
    } catch (error) {
      const undecided = ["TRY_AGAIN", "OFFLINE"].includes(failureOf(error).type);
      if (!undecided || left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      return order(body, left - 1);
    }
  }

  /** Puts the shown stock right and says why nothing was bought. */
  async function explain(error: unknown, shown: Item): Promise<void> {
    const { type, data } = failureOf(error);
    const refused = (data ?? {}) as Refused;
    if (type === "SOLD_OUT" && shown.stock) {
      shown.stock = { ...shown.stock, available: refused.available ?? 0, held: refused.held ?? shown.stock.held };
      shown.nextAt = refused.nextAt ?? null;
      const few = `Only ${refused.available} left now.`;
      say(refused.available ? few : "Someone took the last one a moment ago. Nothing was charged.", "bad");
    } else if (type === "PRICE_CHANGED") {
      Object.assign(shown, await $shop("items.get", { id: shown.id }));
      say(`The price has changed: it is ${$f.money(shown.price)} now.`, "bad");
    } else if (type === "LIMIT_REACHED") {
      say(`One buyer can have at most ${refused.limit ?? shown.perBuyer} of these.`, "bad");
    } else say(type === "NOT_FOUND" ? "This item is no longer on sale." : failureWords(error, $t), "bad");
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
      const made = await order({ lines: [{ itemId: shown.id, quantity }], total, ...(email && { email }) });
      pending = { body: "", key: "" };
      learnServerTime(made.now);
      holds.add({ order: made.id, item: shown.id, title: shown.title, expiresAt: made.expiresAt });
      await navigateTo(`/checkout/${made.id}`);
      return true;
    } catch (error) {
      busy.value = false;
      // What the live stream told meanwhile is newer than what was there before.
      if (toRaw(shown.stock) === guess) Object.assign(shown, before);
      const { status, type } = failureOf(error);
      // A refusal is a verdict; only an unknown outcome keeps its key for the next try.
      if (status < 500 && type !== "OFFLINE") pending = { body: "", key: "" };
      if (type === "SIGN_IN_REQUIRED") throw error;
      await explain(error, shown);
      return false;
    }
  }

  return { busy, buy };
}
