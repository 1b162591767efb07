import type { Order } from "~/utils/types";

export type CheckoutStage = "pay" | "confirming" | "closing" | "bought" | "over";

/** Where a purchase stands, from the form to the goods, and what can be done about it. Await `loaded` first. */
export function useCheckout(id: string) {
  const route = useRoute();
  const { $t, $shop } = useNuxtApp();
  const { say } = useToasts();
  const holds = useHolds();

  /** Stripe and its twin come back from the bank with `redirect_status`; the order itself may learn of it a moment later. */
  const confirming = ref(route.query.redirect_status === "succeeded");
  const declined = ref(route.query.redirect_status === "failed" ? "Your bank did not confirm the payment." : "");
  const heard = new Set<string>();
  const cancelling = ref(false);

  /** A person waits for the order to move on. */
  const waiting = (): boolean => confirming.value || stage.value === "closing" || order.value?.status === "paid";
  const { order, refresh, loaded } = useOrder(id, waiting);
  const { left, shown, spoken } = useCountdown(() => order.value?.expiresAt);

  const stage = computed<CheckoutStage>(() => {
    const { status } = order.value;
    if (status === "reserving" || status === "reserved") {
      if (confirming.value) return "confirming";
      return left.value > 0 ? "pay" : "closing";
    }
    if (status === "closing") return "closing";
    return status === "paid" || status === "fulfilled" ? "bought" : "over";
  });

  onMounted(() => {
    // The bank's answer, with the client secret in it, stays neither in the address nor in the history.
    if (route.query.payment_intent || route.query.redirect_status) void navigateTo(route.path, { replace: true });
    const follow = (now: CheckoutStage) => {
      if (now === "bought" || now === "over") holds.drop(id);
      if (now === "closing") void refresh();
    };
    watch(stage, follow, { immediate: true });
    // The bank may say no after it said yes. A no that was heard here is told once more by the order, maybe after the
    // next card was taken.
    watch(
      () => order.value.paymentError?.message,
      (problem) => {
        if (problem && !heard.has(problem)) confirming.value = false;
      },
    );
  });

  function onDeclined(message: string) {
    heard.add(message);
    declined.value = message;
    confirming.value = false;
  }

  function onConfirmed() {
    declined.value = "";
    confirming.value = true;
    void refresh();
  }

  async function cancel() {
    cancelling.value = true;
    try {
      order.value = await $shop("orders.cancel", { id });
    } catch (error) {
      say(failureWords(error, $t), "bad");
      await refresh();
    } finally {
      cancelling.value = false;
    }
  }

  return { order, stage, left, shown, spoken, declined, cancelling, cancel, onConfirmed, onDeclined, refresh, loaded };
}
