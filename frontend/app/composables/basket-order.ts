import { troubleOf, type BasketGroup, type BasketLine, type Trouble } from "~/utils/basket";
import type { Known } from "./basket-items";

interface Refused {
  itemId?: string;
  available?: number;
  held?: number;
  nextAt?: string | null;
  limit?: number;
}

interface Asked {
  group: () => BasketGroup;
  known: () => Record<string, Known>;
  look: (itemId: string) => Promise<void>;
}

/** One seller's part of the basket on its way to an order: what it costs now, what is in the way, and the press itself. */
export function useBasketOrder({ group, known, look }: Asked) {
  const { $t } = useNuxtApp();
  const { remove } = useBasket();
  const { user, who } = useBuyer();
  const { place } = usePlacement();
  const discount = useDiscount(() => group().lines);
  const busy = ref(false);
  const problem = ref("");
  /** What the shop said of one line when it was asked for all of them; until the line changes. */
  const refused = ref<{ itemId: string; trouble: Trouble }>();
  // It stays busy while the checkout loads, so that a second press is not a second order.
  onPageReturn(() => {
    busy.value = false;
  });
  watch(
    () => group().lines,
    () => {
      refused.value = undefined;
      problem.value = "";
    },
  );

  const itemOf = ({ itemId }: BasketLine) => {
    const item = known()[itemId];
    return item === "silent" ? undefined : item;
  };
  const priceOf = (line: BasketLine) => itemOf(line)?.price ?? line.price;
  function trouble(line: BasketLine): Trouble | undefined {
    if (refused.value?.itemId === line.itemId) return refused.value.trouble;
    const item = itemOf(line);
    return item === undefined ? undefined : troubleOf(line, item, user.value?.id);
  }
  const subtotal = computed(() =>
    group()
      .lines.filter((line) => trouble(line)?.why !== "gone")
      .reduce((sum, line) => sum + priceOf(line).amount * line.quantity, 0),
  );
  const total = computed(() => discount.quote.value?.total.amount ?? subtotal.value);
  const blocked = computed(() => group().lines.some((line) => trouble(line)));

  async function explain(error: unknown): Promise<void> {
    const { type, data } = failureOf(error);
    const { itemId, available = 0, held = 0, nextAt = null, limit = 0 } = (data ?? {}) as Refused;
    const line = group().lines.find((one) => one.itemId === itemId);
    if (type.startsWith("CODE_")) return discount.refuse(error);
    if (line && type === "SOLD_OUT") {
      const item = itemOf(line);
      if (item?.stock) Object.assign(item, { nextAt, stock: { ...item.stock, available, held } });
      const why = available > 0 ? "few" : held > 0 ? "allHeld" : "soldOut";
      refused.value = { itemId: line.itemId, trouble: { why, n: available } };
      problem.value = $t.basket.taken(line.title);
    } else if (line && type === "LIMIT_REACHED") {
      refused.value = { itemId: line.itemId, trouble: { why: "limit", n: limit } };
      problem.value = $t.basket.mend;
    } else if (type === "PRICE_CHANGED" || type === "NOT_FOUND") {
      await Promise.all(group().lines.map((one) => look(one.itemId)));
      if (discount.quote.value) await discount.apply();
      problem.value = type === "PRICE_CHANGED" ? $t.basket.priceNow : $t.basket.mend;
    } else problem.value = failureWords(error, $t);
  }

  /** Holds every copy of the group, or none; the way leads to the checkout. */
  async function order(): Promise<void> {
    if (busy.value) return;
    problem.value = "";
    busy.value = true;
    const lines = group().lines.map(({ itemId, quantity }) => ({ itemId, quantity }));
    try {
      const buyer = await who();
      if (!buyer) {
        problem.value = $t.basket.guestMissing;
        busy.value = false;
        return;
      }
      const code = discount.quote.value && discount.code.value;
      const made = await place({
        lines,
        total: { amount: total.value, currency: "eur" },
        ...buyer,
        ...(code && { code }),
      });
      remove(...lines.map(({ itemId }) => itemId));
      await navigateTo(`/checkout/${made.id}`);
    } catch (error) {
      busy.value = false;
      await explain(error);
    }
  }
  return { subtotal, total, blocked, discount, busy, problem, priceOf, trouble, order };
}
