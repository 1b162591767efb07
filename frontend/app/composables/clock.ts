/** The server's clock minus ours, ms; known once a reply or the live stream told the server's time. */
let skew = 0;

/**
 * The server's time, ms. The first render of a page uses the moment it was rendered on the server, so that both sides draw
 * the same; from then on one timer ticks for the whole app. It moves four times a second: what is drawn from it belongs
 * into a `computed` that gives a string or a number, so that nothing is drawn again until that changes.
 */
export const useNow = () => useState("now", () => Date.now());

/** Call it with a `now` of the server that arrived at `at`, ms of our clock. */
export function learnServerTime(now: string | number, at = Date.now()): void {
  if (import.meta.client) skew = new Date(now).getTime() - at;
}

/** When the first byte of this page came, ms of our clock: that old is what the server rendered into it. */
export function pageArrival(): number {
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return performance.timeOrigin + (page?.responseStart ?? 0);
}

/** Starts the tick; `visibilitychange` catches up after sleep and throttled timers. */
export function startClock(now: Ref<number>): void {
  const tick = () => {
    now.value = Date.now() + skew;
  };
  tick();
  setInterval(tick, 250);
  document.addEventListener("visibilitychange", tick);
}
