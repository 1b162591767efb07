import type { BasketLine } from "~/utils/basket";
import type { Reply } from "~/utils/routes";

const PAUSE_MS = 400;

/** A discount code on some lines: what it takes off, asked anew when they change. It promises nothing until the order is placed. */
export function useDiscount(lines: () => BasketLine[]) {
  const { $t, $shop } = useNuxtApp();
  const code = ref("");
  const quote = ref<Reply<"discounts.quote">>();
  const refusal = ref("");
  const busy = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function apply(typed = code.value): Promise<void> {
    code.value = typed.trim().toUpperCase();
    if (!code.value) return;
    busy.value = true;
    refusal.value = "";
    try {
      const asked = lines().map(({ itemId, quantity }) => ({ itemId, quantity }));
      quote.value = await $shop("discounts.quote", { code: code.value, lines: asked });
    } catch (error) {
      refuse(error);
    } finally {
      busy.value = false;
    }
  }
  /** The shop took the code for another than it is. */
  function refuse(error: unknown): void {
    const { type } = failureOf(error);
    quote.value = undefined;
    refusal.value = type === "VALIDATION_ERROR" ? $t.failures.CODE_INVALID : failureWords(error, $t);
  }
  function drop(): void {
    clearTimeout(timer);
    code.value = refusal.value = "";
    quote.value = undefined;
  }

  watch(
    () =>
      lines()
        .map(({ itemId, quantity }) => `${itemId} ${quantity}`)
        .join(),
    () => {
      clearTimeout(timer);
      if (quote.value) timer = setTimeout(() => void apply(), PAUSE_MS);
    },
  );
  onBeforeUnmount(() => clearTimeout(timer));
  return { code, quote, refusal, busy, apply, refuse, drop };
}
