const SPOKEN = [60, 30, 10];

/** Seconds left until a moment of the server's clock. `spoken` is what a screen reader hears, three times in all. */
export function useCountdown(until: () => string | undefined) {
  const { $t } = useNuxtApp();
  const now = useNow();
  const left = computed(() => {
    const at = until();
    return at ? secondsUntil(at, now.value) : 0;
  });
  const spoken = ref("");
  // After sleep, or in a throttled tab, the very second may never be drawn.
  watch(left, (seconds, before) => {
    const passed = SPOKEN.some((mark) => seconds <= mark && before > mark);
    if (passed && seconds > 0) spoken.value = $t.checkout.secondsLeft(seconds);
  });
  return { left, shown: computed(() => clock(left.value)), spoken };
}
