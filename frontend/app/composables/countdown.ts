const SPOKEN = [60, 30, 10];

/** Seconds left until a moment of the server's clock. `spoken` is what a screen reader hears, three times in all. */
export function useCountdown(until: () => string | undefined) {
  const now = useNow();
  const left = computed(() => {
    const at = until();
    return at ? secondsUntil(at, now.value) : 0;
  });
  const spoken = ref("");
  watch(left, (seconds) => {
    if (SPOKEN.includes(seconds)) spoken.value = `${seconds} seconds left to pay`;
  });
  return { left, shown: computed(() => clock(left.value)), spoken };
}
