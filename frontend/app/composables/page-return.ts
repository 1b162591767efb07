/** Calls back when the browser shows this page again just as it was left, from its back/forward cache. */
export function onPageReturn(back: () => void): void {
  const shown = (event: PageTransitionEvent) => {
    if (event.persisted) back();
  };
  onMounted(() => addEventListener("pageshow", shown));
  onBeforeUnmount(() => removeEventListener("pageshow", shown));
}
