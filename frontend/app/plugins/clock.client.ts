/** Not before the page is hydrated: until then, both sides must draw the same second. */
export default defineNuxtPlugin(() => {
  const now = useNow();
  onNuxtReady(() => startClock(now));
});
