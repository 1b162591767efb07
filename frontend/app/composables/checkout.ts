import { declineWords } from "~/utils/decline";

export type CheckoutStage = "pay" | "confirming" | "closing" | "bought" | "over";

/** Where a purchase stands, from the form to the goods, and what can be done about it. Await `loaded` first. */
export function useCheckout(id: string) {
  const { query, path } = useRoute();
  const { $t, $shop } = useNuxtApp();
  const { say } = useToasts();
  const holds = useHolds();

  /** Stripe and its twin come back from the bank with `redirect_status`; the order itself may learn of it a moment later. */
  const confirming = ref(query.redirect_status === "succeeded");
  const declined = ref("");
  /** Codes of Stripe that were told here already. */
  const heard = new Set<string>();
  const problem = ref(query.redirect_status === "unanswered" ? $t.checkout.unanswered : useFormProblem());
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
    if (Object.keys(query).length > 0) void navigateTo(path, { replace: true });
    const follow = (now: CheckoutStage) => {
      if (now === "bought" || now === "over") holds.drop(id);
      if (now === "closing") void refresh();
    };
    watch(stage, follow, { immediate: true });
    // The bank may say no after it said yes. A no that was heard here is told once more by the order, maybe after the
    // next card was taken.
    watch(
      () => order.value.paymentError?.code,
      (code) => {
        if (code && !heard.has(code)) confirming.value = false;
      },
    );
  });

  /** `words` are Stripe's own, where its form has them in the reader's language. */
  function onDeclined(code: string, words = declineWords(code, $t.checkout)) {
    heard.add(code);
    declined.value = words;
    confirming.value = false;
  }
  if (query.redirect_status === "failed") onDeclined("payment_intent_authentication_failure");
  if (query.redirect_status === "declined") onDeclined("card_declined");

  function onConfirmed() {
    declined.value = "";
    problem.value = "";
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

  /** What to say about the last card, heard here or by the order. */
  const refusal = computed(() => {
    const told = order.value.paymentError;
    return declined.value || (told ? declineWords(told.code, $t.checkout) : "");
  });
  const state = { order, stage, left, shown, spoken, refusal, problem, cancelling };
  return { ...state, cancel, onConfirmed, onDeclined, refresh, loaded };
}
